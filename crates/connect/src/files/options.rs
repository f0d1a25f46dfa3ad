//! How the files of one table are written.

use encoding_rs::Encoding;

use super::json_lines::Nested;
use super::text::{ENCODINGS, encoding};
use crate::{ConnectError, SettingKind, SettingSpec, Settings, TextForms};

/// A file format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Avro,
    Csv,
    Excel,
    FixedWidth,
    /// Lines or a document, as the file shows.
    Json,
    JsonLines,
    Parquet,
}

impl Format {
    const WORDS: &'static [&'static str] = &["avro", "csv", "excel", "fixed_width", "json", "json_lines", "parquet"];

    /// Whether each value is text, of whatever type.
    pub(crate) fn is_text(self) -> bool {
        !matches!(self, Self::Avro | Self::Parquet)
    }

    /// Whether its rows are objects, which may leave out keys.
    pub(crate) fn is_json(self) -> bool {
        matches!(self, Self::Json | Self::JsonLines)
    }

    fn from_word(word: &str) -> Option<Self> {
        match word {
            "avro" => Some(Self::Avro),
            "csv" => Some(Self::Csv),
            "excel" => Some(Self::Excel),
            "fixed_width" => Some(Self::FixedWidth),
            "json" => Some(Self::Json),
            "json_lines" => Some(Self::JsonLines),
            "parquet" => Some(Self::Parquet),
            _ => None,
        }
    }

    /// From the end of a path, after that of a compression.
    pub(crate) fn of_path(path: &str) -> Option<Self> {
        let (_, path) = Compression::of_path(path);
        match path.rsplit_once('.')?.1.to_ascii_lowercase().as_str() {
            "csv" | "tsv" | "tab" | "psv" | "txt" => Some(Self::Csv),
            "json" => Some(Self::Json),
            "jsonl" | "ndjson" | "jsonlines" => Some(Self::JsonLines),
            "avro" => Some(Self::Avro),
            "xlsx" | "xlsm" => Some(Self::Excel),
            "parquet" | "pq" => Some(Self::Parquet),
            _ => None,
        }
    }
}

/// How a file is compressed as a whole (Parquet compresses inside).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compression {
    None,
    Gzip,
    Zstd,
    /// An archive of one file.
    Zip,
}

impl Compression {
    const WORDS: &'static [&'static str] = &["none", "gzip", "zstd", "zip"];

    fn from_word(word: &str) -> Option<Self> {
        match word {
            "none" => Some(Self::None),
            "gzip" => Some(Self::Gzip),
            "zstd" => Some(Self::Zstd),
            "zip" => Some(Self::Zip),
            _ => None,
        }
    }

    /// From the end of a path, and the path without it.
    pub(crate) fn of_path(path: &str) -> (Self, &str) {
        let lower = path.to_ascii_lowercase();
        for (end, compression) in [
            (".gz", Self::Gzip),
            (".gzip", Self::Gzip),
            (".zst", Self::Zstd),
            (".zstd", Self::Zstd),
            (".zip", Self::Zip),
        ] {
            if lower.ends_with(end) {
                return (compression, &path[..path.len() - end.len()]);
            }
        }
        (Self::None, path)
    }
}

/// How the files of one table are written, from its options.
#[derive(Debug, Clone)]
pub(crate) struct FileOptions {
    format: Option<Format>,
    compression: Option<Compression>,
    /// Text: how it is encoded, where no byte order mark says so.
    pub(crate) encoding: Option<&'static Encoding>,
    /// CSV: between fields; found out from the header line when not given.
    pub(crate) delimiter: Option<u8>,
    /// CSV: around fields; none: fields are never quoted.
    pub(crate) quote: Option<u8>,
    /// CSV: before a quote inside quotes, if that is not the quote itself.
    pub(crate) escape: Option<u8>,
    /// CSV: whether the first line names the columns.
    pub(crate) header: bool,
    /// CSV: names of the columns of a file without a header.
    pub(crate) names: Option<Vec<String>>,
    /// CSV: unquoted texts that mean NULL.
    pub(crate) nulls: Vec<String>,
    /// CSV: lines before the header.
    pub(crate) skip_lines: u64,
    /// CSV: the largest field.
    pub(crate) max_field_bytes: usize,
    /// Fixed width: the width of each field, in characters.
    pub(crate) widths: Option<Vec<usize>>,
    /// JSON: the keys that lead to the list of rows.
    pub(crate) records: Option<Vec<String>>,
    /// Excel: the sheet.
    pub(crate) sheet: Option<String>,
    /// Excel: where in the sheet the table is.
    pub(crate) range: Option<String>,
    /// Excel: whether an error in a cell is NULL.
    pub(crate) drops_errors: bool,
    /// JSON: what becomes of objects within rows.
    pub(crate) nested: Nested,
    /// Whether numbers with a point are inferred as exact decimals.
    pub(crate) exact_decimals: bool,
    /// Text: how numbers, dates and times are written.
    pub(crate) forms: TextForms,
    /// Whether the rows of a file that disappeared are removed.
    pub(crate) remove_missing: bool,
    /// Whether records that no row can be made of are taken out of text.
    pub(crate) rejects: bool,
}

impl FileOptions {
    pub(crate) fn new(options: &Settings) -> Self {
        let texts = |name| options.list(name).map(|list| list.into_iter().map(str::to_owned).collect::<Vec<_>>());
        let quote = match options.text("quote") {
            Some("none") => None,
            _ => Some(options.character("quote").unwrap_or(b'"')),
        };
        Self {
            format: options.text("format").and_then(Format::from_word),
            compression: options.text("compression").and_then(Compression::from_word),
            encoding: options.text("encoding").and_then(encoding),
            delimiter: options.character("delimiter"),
            quote,
            escape: options.character("escape").filter(|escape| Some(*escape) != quote),
            header: options.boolean("header"),
            names: texts("names"),
            nulls: texts("null").unwrap_or_else(|| vec![String::new()]),
            skip_lines: options.integer("skip_lines").and_then(|lines| u64::try_from(lines).ok()).unwrap_or(0),
            max_field_bytes: options
                .integer("max_field_bytes")
                .and_then(|bytes| usize::try_from(bytes).ok())
                .unwrap_or(16 << 20),
            widths: options
                .integers("widths")
                .map(|widths| widths.into_iter().filter_map(|width| usize::try_from(width).ok()).collect::<Vec<_>>()),
            records: options.text("records").map(|path| path.split('.').map(str::to_owned).collect()),
            sheet: options.text("sheet").map(str::to_owned),
            range: options.text("range").map(str::to_owned),
            drops_errors: options.text("errors") == Some("null"),
            nested: match options.text("nested") {
                Some("flatten") => Nested::Flatten,
                _ => Nested::Json,
            },
            exact_decimals: options.text("decimals") == Some("decimal"),
            forms: TextForms::of(options),
            remove_missing: options.text("missing_files") == Some("remove"),
            rejects: false,
        }
    }

    /// The same of text in the encoding of this name.
    pub(crate) fn encoded_in(mut self, name: &str) -> Self {
        self.encoding = encoding(name);
        self
    }

    /// The same of texts that are written so.
    pub(crate) fn written_as(mut self, forms: TextForms) -> Self {
        self.forms = forms;
        self
    }

    /// The same taking records out of text that no row can be made of.
    pub(crate) fn rejecting(mut self, rejects: bool) -> Self {
        self.rejects = rejects;
        self
    }

    /// The same for a text of this format that is one file, as UTF-8 and from its head on.
    pub(crate) fn of_one_text(self, format: Format) -> Self {
        Self { format: Some(format), compression: Some(Compression::None), encoding: None, skip_lines: 0, ..self }
    }

    pub(crate) fn format(&self, path: &str) -> Result<Format, ConnectError> {
        let by_options = match (self.format, &self.widths) {
            (Some(Format::FixedWidth), None) => {
                return Err(ConnectError::Request {
                    from: path.to_owned(),
                    reason: "nothing says how wide its fields are".to_owned(),
                    advice: "write `widths: […]`, one width in characters for each field".to_owned(),
                });
            }
            (Some(format), _) => Some(format),
            (None, Some(_)) => Some(Format::FixedWidth),
            (None, None) => None,
        };
        by_options.or_else(|| Format::of_path(path)).ok_or_else(|| {
            let (reason, advice) = match unread(path) {
                Some((what, advice)) => (format!("it is {what}, which is not read"), advice.to_owned()),
                None => (
                    "its name does not say which format it has".to_owned(),
                    format!("set `format:` to one of {}", Format::WORDS.join(", ")),
                ),
            };
            ConnectError::Request { from: path.to_owned(), reason, advice }
        })
    }

    pub(crate) fn compression(&self, path: &str) -> Compression {
        self.compression.unwrap_or_else(|| Compression::of_path(path).0)
    }
}

/// What a file is whose name says a format that is not read, and what to do with it.
fn unread(path: &str) -> Option<(&'static str, &'static str)> {
    let save = "save it as an Excel workbook (`.xlsx`) without a password, or as CSV";
    match path.rsplit_once('.')?.1.to_ascii_lowercase().as_str() {
        "xls" => Some(("a workbook of Excel before 2007", save)),
        "xlsb" => Some(("a binary workbook of Excel", save)),
        "ods" => Some(("a workbook of OpenDocument", save)),
        "7z" | "rar" | "tar" | "tgz" => Some(("an archive", "unpack it, or pack single files (`.gz`, `.zst`, `.zip`)")),
        "orc" => Some(("ORC", "have it written as Parquet")),
        "xml" => Some(("XML", "have it written as JSON or CSV")),
        _ => None,
    }
}

/// The options of one table, described.
pub(crate) fn specs() -> Vec<SettingSpec> {
    let bytes = SettingKind::Integer { min: 1 << 10, max: 1 << 28 };
    let lines = SettingKind::Integer { min: 0, max: 1_000_000 };
    vec![
        SettingSpec::optional("format", SettingKind::Choice(Format::WORDS), "The format; by default the file's extension says."),
        SettingSpec::optional(
            "compression",
            SettingKind::Choice(Compression::WORDS),
            "How each file is compressed as a whole; by default the extension says (`.gz`, `.zst`, `.zip` with one file in it).",
        )
        .beside_rows(),
        SettingSpec::optional(
            "encoding",
            SettingKind::Choice(ENCODINGS),
            "Text: how it is encoded; by default UTF-8, or what a byte order mark at its beginning says.",
        ),
        SettingSpec::optional(
            "delimiter",
            SettingKind::Character,
            "CSV: what stands between fields; by default the most frequent of `,` `;` tab and `|` in the header line.",
        ),
        SettingSpec::optional("quote", SettingKind::CharacterOrNone, "CSV: what stands around fields, or `none`.").with_default("\""),
        SettingSpec::optional("escape", SettingKind::Character, "CSV: what stands before a quote inside quotes; by default the quote, doubled."),
        SettingSpec::optional("header", SettingKind::Boolean, "CSV and Excel: whether the first line names the columns.").with_default(true),
        SettingSpec::optional(
            "names",
            SettingKind::TextList,
            "The columns' names in order, of CSV without a header line (`header: false`), and of fixed width, which then has none either; \
             there `_` stands for a field that is not read.",
        ),
        SettingSpec::optional(
            "widths",
            SettingKind::IntegerList { min: 1, max: 1_000_000 },
            "Fixed width: the width of each field in characters; spaces around values are left out.",
        ),
        SettingSpec::optional("sheet", SettingKind::Text, "Excel: the sheet; by default the first one that is shown."),
        SettingSpec::optional(
            "range",
            SettingKind::Text,
            "Excel: where in the sheet the table is, with its header: `B3:F500`, or `B3` for all from there on.",
        ),
        SettingSpec::optional(
            "errors",
            SettingKind::Choice(&["fail", "null"]),
            "Excel: what a cell with an error (`#N/A`, `#DIV/0!`) is: an error of the table, or NULL.",
        )
        .with_default("fail"),
        SettingSpec::optional(
            "records",
            SettingKind::Text,
            "JSON: the keys, joined by dots, that lead to the list whose objects are the rows (`data.items`); by default the document \
             itself is that list, or an object, or several of them.",
        ),
        SettingSpec::optional(
            "nested",
            SettingKind::Choice(&["json", "flatten"]),
            "JSON: what becomes of objects within rows: text in JSON, or columns of their own (`address.city`). Lists are text in JSON.",
        )
        .with_default("json"),
        SettingSpec::optional(
            "null",
            SettingKind::TextList,
            "CSV: the unquoted texts that mean NULL. A quoted empty field is an empty text, in other types than text NULL.",
        )
        .with_default(vec![String::new()]),
        SettingSpec::optional("skip_lines", lines, "CSV and Excel: how many lines stand before the header.").with_default(0),
        SettingSpec::optional("max_field_bytes", bytes, "CSV and JSON: the largest field, line or object; above it, a quote is probably not closed.")
            .with_default(16 << 20)
            .beside_rows(),
        SettingSpec::optional(
            "decimals",
            SettingKind::Choice(&["double", "decimal"]),
            "The type to infer for numbers with a point.",
        )
        .with_default("double"),
        SettingSpec::optional(
            TextForms::DECIMAL,
            SettingKind::Choice(&[".", ","]),
            "CSV, fixed width and texts of Excel: the decimal sign. When it is given, digits before it may stand in groups of three: \
             `1.234,50`, `1 234,50`, `1'234.50`. By default a point, without groups.",
        ),
        SettingSpec::optional(
            TextForms::DATE,
            SettingKind::TimeForm,
            "The same: how dates are written, in the words of `strftime` (`%d.%m.%Y`). ISO 8601 is read beside it, unless the form \
             begins with `%Y-`.",
        ),
        SettingSpec::optional(
            TextForms::TIMESTAMP,
            SettingKind::TimeForm,
            "The same for points in time: `%d.%m.%Y %H:%M`, `%m/%d/%Y %I:%M %p`.",
        ),
        SettingSpec::optional(
            TextForms::COLUMNS,
            SettingKind::TimeForms,
            "The same for single columns, in place of the two: `{due: \"%m/%d/%y\"}`.",
        ),
        SettingSpec::optional(
            "missing_files",
            SettingKind::Choice(&["keep", "remove"]),
            "Incremental: what happens to the rows of a file that disappeared.",
        )
        .with_default("keep")
        .beside_rows(),
    ]
}

#[cfg(test)]
mod tests {
    use serde_json::Map;

    use super::*;
    use crate::settings::resolve;

    #[test]
    fn a_format_that_is_not_read_is_told_with_what_to_do() {
        let options = FileOptions::new(&resolve(&specs(), &Map::new()).unwrap());
        let told = |path: &str| options.format(path).unwrap_err().to_string();
        let old = told("plan 2003.XLS");
        assert!(old.contains("a workbook of Excel before 2007") && old.contains("`.xlsx`"), "{old}");
        assert!(told("all.tar").contains("unpack it"));
        assert!(told("orders.dat").contains("its name does not say"));
    }
}
