//! Names of columns that are none: where a header line is missing, the first row stands for it, and a name goes into
//! messages, drafts and the metadata database, where no value may be.

use arrow::datatypes::DataType;

use super::file_columns::FileColumns;
use super::options::{FileOptions, Format};
use crate::value::Evidence;
use crate::{ConnectError, Place};

/// No name is this long, in bytes.
const LONGEST: usize = 128;

/// Refuses columns whose names look like values, unless somebody listed them. `listed` tells which those are, and how many
/// columns are listed in all. No name of the file is in the error.
pub(crate) fn check(
    path: &str,
    format: Format,
    options: &FileOptions,
    found: &FileColumns,
    listed: &dyn Fn(&str) -> bool,
    listed_count: usize,
) -> Result<(), ConnectError> {
    let is_header = match format {
        Format::Csv | Format::Excel | Format::FixedWidth if options.header && options.names.is_none() => true,
        Format::Json | Format::JsonLines => false,
        _ => return Ok(()),
    };
    if is_header && listed_count > 0 && !found.columns.iter().any(|column| listed(&column.name)) {
        let reason = format!("it does not look like a header: it has 0 of {listed_count} listed columns");
        return Err(no_header(path, options, reason));
    }
    let mut values = found.columns.iter().enumerate().filter(|(_, column)| !listed(&column.name));
    let Some((index, what)) = values.find_map(|(index, column)| Some((index, value_like(&column.name)?))) else {
        return Ok(());
    };
    if is_header {
        let reason = format!("it does not look like a header: the name of column {} looks like {what}", index + 1);
        return Err(no_header(path, options, reason));
    }
    Err(ConnectError::Malformed {
        place: Box::new(Place::of(path)),
        reason: format!("key {} in the order of their first appearance looks like {what}", index + 1),
        advice:
            "write what has values for keys as a nested object: it is kept as one column of JSON; a key that is right \
                 can be listed under `columns:`"
                .to_owned(),
    })
}

fn no_header(path: &str, options: &FileOptions, reason: String) -> ConnectError {
    ConnectError::Malformed {
        place: Box::new(Place::of(path).line(options.skip_lines + 1)),
        reason,
        advice: "if the file has no header line, write `header: false` and `names: […]`; if its columns are right, list them \
                 under `columns:`"
            .to_owned(),
    }
}

/// What a name looks like, if it looks like a value. A year may be a name.
fn value_like(name: &str) -> Option<&'static str> {
    let name = name.trim();
    // A line end that was taken for none.
    if name.chars().any(char::is_control) {
        return Some("several lines of text, or a text with control characters");
    }
    if name.len() > LONGEST {
        return Some("a long text");
    }
    if let Some((before, after)) = name.split_once('@') {
        return (!before.is_empty() && after.contains('.')).then_some("an e-mail address");
    }
    let mut evidence = Evidence::default();
    evidence.see(name.as_bytes());
    match evidence.data_type(false) {
        DataType::Int64 if name.parse().is_ok_and(|year: u16| (1_800..=2_200).contains(&year)) => return None,
        DataType::Int64 | DataType::Float64 => return Some("a number"),
        DataType::Date32 | DataType::Timestamp(..) => return Some("a date or time"),
        DataType::Boolean => return Some("a truth value"),
        _ => {}
    }
    let digits = name.bytes().filter(u8::is_ascii_digit).count();
    let is_of = |others: &[u8]| name.bytes().all(|byte| byte.is_ascii_digit() || others.contains(&byte));
    if digits > 0 && is_of(b" +-.,/()'$%:") {
        return Some("a number, or a date or time");
    }
    let hexadecimal = name.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    (hexadecimal && digits > 3 && name.len() >= 16).then_some("an identifier")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_from_values() {
        for name in [
            "id",
            "e-mail",
            "updated at",
            "2023",
            "Q1 2024",
            "column_1",
            "user.email",
            "1st_name",
            "address2",
            "@type",
            "twitter@handle",
            "sku",
            "Größe",
            "face",
            "deadbeef",
            "A",
            "",
        ] {
            assert_eq!(value_like(name), None, "{name}");
        }
        for name in [
            "ann@example.org",
            "7",
            "-1",
            "007",
            "12.50",
            "1,5",
            "2024-01-31",
            "31.01.2024",
            "1/22/20",
            "10:30",
            "true",
            "+44 7700 900123",
            "(030) 123-456",
            "4111111111111111",
            "c9bf9e57-1685-4c89-bafb-ff5af830be8a",
            "0",
            "name\rAnn",
            "name\u{0}",
        ] {
            assert!(value_like(name).is_some(), "{name}");
        }
        assert!(value_like(&"word ".repeat(40)).is_some());
    }
}
