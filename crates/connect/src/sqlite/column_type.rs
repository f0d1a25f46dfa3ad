//! What a declared type promises. SQLite accepts any words and any values.

/// What a declared type promises, in kinds that Arrow knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Declared {
    Integer,
    Real,
    Text,
    Blob,
    Boolean,
    Date,
    /// Whether with time zone.
    Timestamp(bool),
    /// Precision and scale.
    Decimal(u8, i8),
    /// Nothing, or words that say nothing: the values decide.
    Any,
}

impl Declared {
    /// By the words that databases use, and otherwise by SQLite's own rules of affinity
    /// (<https://sqlite.org/datatype3.html#determination_of_column_affinity>).
    pub(crate) fn parse(declared: &str) -> Self {
        let words = declared.trim().to_ascii_uppercase();
        let has = |part: &str| words.contains(part);
        let base = words.split('(').next().unwrap_or_default().trim();
        match base {
            "" | "ANY" => return Self::Any,
            "DATE" => return Self::Date,
            "TIME" | "UUID" | "JSON" | "JSONB" | "STRING" | "ENUM" | "INTERVAL" => return Self::Text,
            "BYTEA" => return Self::Blob,
            "DECIMAL" | "NUMERIC" | "NUMBER" | "DEC" => return decimal(&words),
            _ => {}
        }
        if base.starts_with("BOOL") {
            Self::Boolean
        } else if base.starts_with("TIMESTAMPTZ") || base.starts_with("DATETIMEOFFSET") || has("WITH TIME ZONE") {
            Self::Timestamp(true)
        } else if base.starts_with("TIMESTAMP") || base.starts_with("DATETIME") {
            Self::Timestamp(false)
        } else if has("INT") {
            Self::Integer
        } else if has("CHAR") || has("CLOB") || has("TEXT") {
            Self::Text
        } else if has("BLOB") || has("BINARY") {
            Self::Blob
        } else if has("REAL") || has("FLOA") || has("DOUB") {
            Self::Real
        } else {
            Self::Any
        }
    }
}

/// `DECIMAL(12, 2)`; without precision the values decide.
fn decimal(words: &str) -> Declared {
    let arguments = words.split_once('(').and_then(|(_, rest)| rest.split_once(')')).map(|(arguments, _)| arguments);
    let mut numbers = arguments.unwrap_or_default().split(',').map(|number| number.trim().parse::<i8>());
    match (numbers.next(), numbers.next()) {
        (Some(Ok(precision)), scale) => {
            let scale = scale.and_then(Result::ok).unwrap_or(0);
            let is_valid = (1..=38).contains(&precision) && (0..=precision).contains(&scale);
            u8::try_from(precision)
                .ok()
                .filter(|_| is_valid)
                .map_or(Declared::Any, |precision| Declared::Decimal(precision, scale))
        }
        _ => Declared::Any,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_many_databases() {
        for (declared, expected) in [
            ("INTEGER", Declared::Integer),
            ("unsigned big int", Declared::Integer),
            ("varchar(20)", Declared::Text),
            ("NATIVE CHARACTER(70)", Declared::Text),
            ("double precision", Declared::Real),
            ("DECIMAL(12, 2)", Declared::Decimal(12, 2)),
            ("numeric(10)", Declared::Decimal(10, 0)),
            ("numeric", Declared::Any),
            ("decimal(99,2)", Declared::Any),
            ("bool", Declared::Boolean),
            ("date", Declared::Date),
            ("datetime", Declared::Timestamp(false)),
            ("timestamp(6)", Declared::Timestamp(false)),
            ("timestamp with time zone", Declared::Timestamp(true)),
            ("timestamptz", Declared::Timestamp(true)),
            ("varbinary(16)", Declared::Blob),
            ("", Declared::Any),
            ("money", Declared::Any),
        ] {
            assert_eq!(Declared::parse(declared), expected, "{declared}");
        }
    }
}
