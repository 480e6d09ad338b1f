//! Curves as comma-separated values: a head, then a line per snapshot and score.
//!
//! Knows nothing of what is drawn from them.

use super::CurvePoint;
use crate::csv;

const HEAD: [&str; 6] = ["stage", "variant", "seed", "kimg", "score", "value"];

/// A file that holds no curves.
#[derive(Debug, thiserror::Error)]
pub enum CurveFileError {
    /// Its first line is not the head.
    #[error("the first line should be `{}`", HEAD.join(","))]
    Head,
    /// A line has too few or too many values, or is not text.
    #[error("line {line} does not have the {} values of the head", HEAD.len())]
    Line {
        /// Which line, from 1.
        line: usize,
    },
    /// A value is no number.
    #[error("line {line}: `{text}` is no {field}")]
    Number {
        /// Which line, from 1.
        line: usize,
        /// What should stand there.
        field: &'static str,
        /// What stands there.
        text: String,
    },
}

/// The text of a file.
#[must_use]
pub fn write(points: &[CurvePoint]) -> String {
    let head = HEAD.map(str::to_owned).to_vec();
    let lines = points.iter().map(|point| {
        let CurvePoint { stage, variant, seed, kimg, score, value } = point;
        vec![
            stage.clone(),
            variant.clone(),
            seed.to_string(),
            kimg.to_string(),
            score.clone(),
            value.to_string(),
        ]
    });
    csv::table(std::iter::once(head).chain(lines))
}

/// The points of a file's text.
///
/// # Errors
/// The first line that is wrong.
pub fn read(text: &str) -> Result<Vec<CurvePoint>, CurveFileError> {
    let mut records = csv::records(text).enumerate();
    let head = records.next().and_then(|(_, record)| record);
    if head.is_none_or(|head| head != HEAD) {
        return Err(CurveFileError::Head);
    }
    records
        .map(|(at, record)| {
            let line = at + 1;
            let record = record.ok_or(CurveFileError::Line { line })?;
            let [stage, variant, seed, kimg, score, value] =
                <[String; 6]>::try_from(record).map_err(|_| CurveFileError::Line { line })?;
            Ok(CurvePoint {
                stage,
                variant,
                seed: number(line, "seed", &seed)?,
                kimg: number(line, "kimg", &kimg)?,
                score,
                value: number(line, "value", &value)?,
            })
        })
        .collect()
}

fn number<T: std::str::FromStr>(
    line: usize,
    field: &'static str,
    text: &str,
) -> Result<T, CurveFileError> {
    text.parse().map_err(|_| CurveFileError::Number { line, field, text: text.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        let point = |seed, value| CurvePoint {
            stage: "paths".into(),
            variant: "a,b".into(),
            seed,
            kimg: 64.0,
            score: "mean_distance".into(),
            value,
        };
        let points = [point(0, 0.1 + 0.2), point(1, 1e-9)];
        let text = write(&points);
        assert_eq!(text.lines().next(), Some("stage,variant,seed,kimg,score,value"));
        assert_eq!(read(&text).unwrap(), points);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        let said = |text: &str| read(text).unwrap_err().to_string();
        let head = "stage,variant,seed,kimg,score,value\n";
        assert_eq!(said(""), "the first line should be `stage,variant,seed,kimg,score,value`");
        assert_eq!(said("a,b\n"), said(""));
        assert_eq!(
            said(&format!("{head}a,b,0\n")),
            "line 2 does not have the 6 values of the head"
        );
        assert_eq!(said(&format!("{head}a,b,0,1,c,2\na,b,x,1,c,2\n")), "line 3: `x` is no seed");
    }
}
