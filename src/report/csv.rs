//! Tables of comma-separated values, as RFC 4180 has them.
//!
//! Knows nothing of what the values mean.

use acai_common::shown::{CsvCell, Shown};
use csv::{ReaderBuilder, Writer};

/// The records, a line each.
pub(crate) fn table(records: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut writer = Writer::from_writer(Vec::new());
    for record in records {
        let cells = record.iter().map(|value| Shown::<CsvCell>::new(value).into());
        let cells: Vec<String> = cells.collect();
        writer.write_record(&cells).expect("memory takes all, and records are equally long");
    }
    let bytes = writer.into_inner().expect("memory takes all");
    String::from_utf8(bytes).expect("text was written")
}

/// The records of a text, whatever their lengths; none for one that is no text.
pub(crate) fn records(text: &str) -> impl Iterator<Item = Option<Vec<String>>> {
    let reader =
        ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    reader
        .into_records()
        .map(|record| record.ok().map(|record| record.iter().map(str::to_owned).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_would_break_a_line_is_quoted_and_every_record_has_one() {
        let record = |values: [&str; 4]| values.map(str::to_owned).to_vec();
        let records = [record(["acai", "a,b", "say \"so\"", ""]), record(["1", "", "a\nb", "-"])];
        assert_eq!(table(records), "acai,\"a,b\",\"say \"\"so\"\"\",\n1,,a\\nb,-\n");
    }
}
