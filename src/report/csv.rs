//! Lines of comma-separated values, as RFC 4180 has them.
//!
//! Knows nothing of what the values mean.

/// One line, its break included.
#[must_use]
pub fn line(values: &[String]) -> String {
    let values: Vec<String> = values.iter().map(|value| quoted(value)).collect();
    values.join(",") + "\n"
}

fn quoted(value: &str) -> String {
    if value.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", value.replace('"', "\"\""))
    } else {
        value.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_would_break_a_line_is_quoted() {
        let values = ["acai", "a,b", "say \"so\"", ""].map(str::to_owned);
        assert_eq!(line(&values), "acai,\"a,b\",\"say \"\"so\"\"\",\n");
    }
}
