//! Names of types: what users write and what tables hold.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, IntervalUnit, TimeUnit};
use sqlparser::ast;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::Token;

use crate::dialect::AdeDialect;
use crate::suggest::closest;
use crate::{SqlError, SqlErrorKind};

/// Digits of `numeric` without an argument: 38 in all, 10 of them after the point. PostgreSQL's
/// has no limit; write the digits when a column needs others.
pub(crate) const WIDE_NUMERIC: (u8, i8) = (38, 10);

/// Names for the hint after an unknown type.
const KNOWN: &[&str] = &[
    "bigint",
    "boolean",
    "bytea",
    "date",
    "decimal",
    "double",
    "integer",
    "interval",
    "json",
    "numeric",
    "real",
    "smallint",
    "text",
    "time",
    "timestamp",
    "timestamptz",
    "uuid",
    "varchar",
];

/// Why a type name means nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SqlTypeError {
    #[error("there is no type {0}")]
    Unknown(String),
    #[error("{0}")]
    Digits(String),
}

/// The Arrow type of an SQL type name, as columns of tables have it: `bigint`, `varchar(20)`,
/// `numeric(12,2)`, `timestamptz`, `text[]` … in any case. Timestamps are in microseconds,
/// `timestamptz` in UTC; `interval`, `json` and `uuid` are text; lengths of text are not kept.
pub fn sql_type(name: &str) -> Result<DataType, SqlError> {
    let unknown = || {
        let error = SqlError::new(SqlErrorKind::Unknown, format!("there is no type \"{name}\""));
        let word = name.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
        match closest(word, KNOWN.iter().copied()) {
            Some(known) => error.with_hint(format!("did you mean {known}?")),
            None => error.with_hint(format!("types: {}", KNOWN.join(", "))),
        }
    };
    let mut parser = Parser::new(&AdeDialect).try_with_sql(name).map_err(|_| unknown())?;
    let parsed = parser.parse_data_type().map_err(|_| unknown())?;
    if parser.peek_token().token != Token::EOF {
        return Err(unknown());
    }
    match arrow_type(&parsed) {
        Ok(DataType::Interval(_)) => Ok(DataType::Utf8),
        Ok(data_type) => Ok(data_type),
        Err(SqlTypeError::Unknown(_)) => Err(unknown()),
        Err(SqlTypeError::Digits(message)) => Err(SqlError::new(SqlErrorKind::Invalid, message)),
    }
}

/// The Arrow type of a parsed type, inside of a query.
pub(crate) fn arrow_type(parsed: &ast::DataType) -> Result<DataType, SqlTypeError> {
    use ast::DataType as Sql;
    Ok(match parsed {
        Sql::Boolean | Sql::Bool => DataType::Boolean,
        Sql::TinyInt(_) => DataType::Int8,
        Sql::SmallInt(_) | Sql::Int2(_) => DataType::Int16,
        Sql::Int(_) | Sql::Integer(_) | Sql::Int4(_) | Sql::MediumInt(_) => DataType::Int32,
        Sql::BigInt(_) | Sql::Int8(_) | Sql::Int64 => DataType::Int64,
        Sql::Real | Sql::Float4 | Sql::Float32 => DataType::Float32,
        // float(1..24) is real, float(25..53) and float are double precision
        Sql::Float(ast::ExactNumberInfo::Precision(bits)) if *bits <= 24 => DataType::Float32,
        Sql::Double(_) | Sql::DoublePrecision | Sql::Float8 | Sql::Float64 | Sql::Float(_) => DataType::Float64,
        Sql::Numeric(digits) | Sql::Decimal(digits) | Sql::Dec(digits) => decimal(*digits)?,
        Sql::Text
        | Sql::String(_)
        | Sql::Varchar(_)
        | Sql::Char(_)
        | Sql::Character(_)
        | Sql::CharacterVarying(_)
        | Sql::CharVarying(_)
        | Sql::Nvarchar(_)
        | Sql::Uuid
        | Sql::JSON
        | Sql::JSONB => DataType::Utf8,
        Sql::Bytea | Sql::Blob(_) | Sql::Binary(_) | Sql::Varbinary(_) => DataType::Binary,
        Sql::Date => DataType::Date32,
        Sql::Time(_, ast::TimezoneInfo::None | ast::TimezoneInfo::WithoutTimeZone) => {
            DataType::Time64(TimeUnit::Microsecond)
        }
        Sql::Timestamp(_, ast::TimezoneInfo::Tz | ast::TimezoneInfo::WithTimeZone) => {
            DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
        }
        Sql::Timestamp(..) | Sql::Datetime(_) => DataType::Timestamp(TimeUnit::Microsecond, None),
        Sql::Interval { .. } => DataType::Interval(IntervalUnit::MonthDayNano),
        Sql::Array(ast::ArrayElemTypeDef::SquareBracket(inner, _) | ast::ArrayElemTypeDef::AngleBracket(inner)) => {
            DataType::List(Arc::new(Field::new_list_field(arrow_type(inner)?, true)))
        }
        Sql::Custom(name, _) if name.to_string().eq_ignore_ascii_case("citext") => DataType::Utf8,
        other => return Err(SqlTypeError::Unknown(other.to_string())),
    })
}

fn decimal(digits: ast::ExactNumberInfo) -> Result<DataType, SqlTypeError> {
    let (precision, scale) = match digits {
        ast::ExactNumberInfo::None => return Ok(DataType::Decimal128(WIDE_NUMERIC.0, WIDE_NUMERIC.1)),
        ast::ExactNumberInfo::Precision(precision) => (precision, 0),
        ast::ExactNumberInfo::PrecisionAndScale(precision, scale) => (precision, scale),
    };
    let wrong = || {
        SqlTypeError::Digits(format!(
            "numeric({precision},{scale}): there can be 1 to 38 digits, and 0 to that many after the point"
        ))
    };
    let total = u8::try_from(precision).map_err(|_| wrong())?;
    let fraction = i8::try_from(scale).map_err(|_| wrong())?;
    if total == 0 || total > 38 || fraction < 0 || i64::from(total) < scale {
        return Err(wrong());
    }
    Ok(DataType::Decimal128(total, fraction))
}

/// The SQL name of an Arrow type. For every type that [`sql_type`] gives, `sql_type(type_name(t)) == t`.
/// Arrow types without a name in SQL get the name of what holds their values.
pub fn type_name(data_type: &DataType) -> String {
    match data_type {
        DataType::Null => "text".to_owned(),
        DataType::Boolean => "boolean".to_owned(),
        DataType::Int8 => "tinyint".to_owned(),
        DataType::Int16 | DataType::UInt8 => "smallint".to_owned(),
        DataType::Int32 | DataType::UInt16 => "integer".to_owned(),
        DataType::Int64 | DataType::UInt32 => "bigint".to_owned(),
        DataType::UInt64 => "numeric(20,0)".to_owned(),
        DataType::Float16 | DataType::Float32 => "real".to_owned(),
        DataType::Float64 => "double".to_owned(),
        DataType::Decimal32(precision, scale)
        | DataType::Decimal64(precision, scale)
        | DataType::Decimal128(precision, scale)
        | DataType::Decimal256(precision, scale) => format!("numeric({precision},{scale})"),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => "varchar".to_owned(),
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => {
            "bytea".to_owned()
        }
        DataType::Date32 | DataType::Date64 => "date".to_owned(),
        DataType::Time32(_) | DataType::Time64(_) => "time".to_owned(),
        DataType::Timestamp(_, None) => "timestamp".to_owned(),
        DataType::Timestamp(_, Some(_)) => "timestamptz".to_owned(),
        DataType::Interval(_) | DataType::Duration(_) => "interval".to_owned(),
        DataType::List(inner)
        | DataType::LargeList(inner)
        | DataType::ListView(inner)
        | DataType::LargeListView(inner)
        | DataType::FixedSizeList(inner, _) => format!("{}[]", type_name(inner.data_type())),
        DataType::Dictionary(_, values) => type_name(values),
        DataType::RunEndEncoded(_, values) => type_name(values.data_type()),
        other => other.to_string().to_lowercase(),
    }
}
