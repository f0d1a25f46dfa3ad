//! `to_char` and `to_number` for numbers.
//! Source: PostgreSQL 15, chapter 9.8, tables 9.29 and 9.30.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Decimal128Builder, StringViewBuilder};
use arrow::datatypes::{DataType, Decimal128Type, Float64Type};
use datafusion::common::{DataFusionError, Result};

use super::scalar::{Scalar, all_text, text_at, text_of};
use crate::planning::carried;
use crate::sql_type::WIDE_NUMERIC;
use crate::{SqlError, SqlErrorKind};

/// `to_number`.
pub(super) fn all() -> Vec<Scalar> {
    let wide = |_: &[DataType]| Ok(DataType::Decimal128(WIDE_NUMERIC.0, WIDE_NUMERIC.1));
    vec![Scalar::new("to_number", all_text, wide, to_number)]
}

/// What `to_char` takes a number as.
pub(super) fn exact_or_float(data_type: &DataType) -> DataType {
    match data_type {
        DataType::Decimal128(..) => data_type.clone(),
        data_type if data_type.is_integer() => DataType::Decimal128(20, 0),
        _ => DataType::Float64,
    }
}

/// One place of a number's pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// `9`: a digit, or blank in front of the first.
    Nine,
    /// `0`: a digit, also in front of the first.
    Zero,
    Point,
    Comma,
    /// `S`, `MI`, `PL`, `SG`: a sign here.
    Sign,
    Minus,
    Plus,
    /// `PR`: angle brackets around negative numbers.
    Brackets,
    Other(char),
}

struct NumberPattern {
    places: Vec<Place>,
    fill: bool,
}

fn parse(pattern: &str) -> Result<NumberPattern> {
    let mut places = Vec::new();
    let mut fill = false;
    let mut rest = pattern;
    while let Some(first) = rest.chars().next() {
        let two = rest.get(..2).map(str::to_ascii_uppercase).unwrap_or_default();
        let (place, length) = match (two.as_str(), first.to_ascii_uppercase()) {
            ("FM", _) => {
                fill = true;
                rest = &rest[2..];
                continue;
            }
            ("MI", _) => (Place::Minus, 2),
            ("PL", _) => (Place::Plus, 2),
            ("SG", _) => (Place::Sign, 2),
            ("PR", _) => (Place::Brackets, 2),
            ("EE" | "RN" | "TH", _) | (_, 'V') => {
                return Err(carried(
                    SqlError::new(SqlErrorKind::Unsupported, format!("to_char does not know {rest} in \"{pattern}\""))
                        .with_hint("number patterns take 9 0 . , D G S MI PL SG PR FM and text in double quotes"),
                ));
            }
            (_, '9') => (Place::Nine, 1),
            (_, '0') => (Place::Zero, 1),
            (_, '.' | 'D') => (Place::Point, 1),
            (_, ',' | 'G') => (Place::Comma, 1),
            (_, 'S') => (Place::Sign, 1),
            (_, '"') => {
                let end = rest[1..].find('"').map_or(rest.len() - 1, |end| end + 1);
                places.extend(rest[1..end].chars().map(Place::Other));
                rest = rest.get(end + 1..).unwrap_or("");
                continue;
            }
            _ => (Place::Other(first), first.len_utf8()),
        };
        places.push(place);
        rest = &rest[length..];
    }
    Ok(NumberPattern { places, fill })
}

/// `to_char(number, pattern)`; the number is a decimal or double precision.
pub(super) fn to_char(args: &[ArrayRef]) -> Result<ArrayRef> {
    let patterns = text_of(&args[1])?;
    let mut builder = StringViewBuilder::with_capacity(patterns.len());
    let mut known: Option<(String, NumberPattern)> = None;
    for row in 0..args[0].len() {
        let (false, Some(text)) = (args[0].is_null(row), text_at(&patterns, row)) else {
            builder.append_null();
            continue;
        };
        if known.as_ref().is_none_or(|(last, _)| last != text) {
            known = Some((text.to_owned(), parse(text)?));
        }
        let Some((_, pattern)) = &known else { continue };
        let digits_after =
            pattern.places.iter().skip_while(|place| **place != Place::Point).filter(|place| digit(**place)).count();
        let (negative, whole, fraction) = digits(&args[0], row, digits_after);
        builder.append_value(layout(pattern, negative, &whole, &fraction));
    }
    Ok(Arc::new(builder.finish()))
}

fn digit(place: Place) -> bool {
    matches!(place, Place::Nine | Place::Zero)
}

/// Sign, digits before and digits after the point, rounded half away from zero.
fn digits(array: &ArrayRef, row: usize, after: usize) -> (bool, String, String) {
    let text = match array.data_type() {
        DataType::Decimal128(_, scale) => {
            let value = array.as_primitive::<Decimal128Type>().value(row);
            let scale = usize::from(scale.unsigned_abs());
            let value = if scale > after {
                let unit = 10_i128.pow(u32::try_from(scale - after).unwrap_or(0));
                (value + value.signum() * unit / 2) / unit
            } else {
                value.saturating_mul(10_i128.saturating_pow(u32::try_from(after - scale).unwrap_or(0)))
            };
            let digits = format!("{:0width$}", value.unsigned_abs(), width = after + 1);
            let sign = if value < 0 { "-" } else { "" };
            let (whole, fraction) = digits.split_at(digits.len() - after);
            format!("{sign}{whole}.{fraction}")
        }
        _ => format!("{:.after$}", array.as_primitive::<Float64Type>().value(row)),
    };
    let negative = text.starts_with('-') && text.contains(|c: char| ('1'..='9').contains(&c));
    let text = text.trim_start_matches('-');
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    (negative, whole.trim_start_matches('0').to_owned(), fraction.to_owned())
}

fn layout(pattern: &NumberPattern, negative: bool, whole: &str, fraction: &str) -> String {
    let places = &pattern.places;
    let point = places.iter().position(|place| *place == Place::Point).unwrap_or(places.len());
    let room = places[..point].iter().filter(|place| digit(**place)).count();
    let own_sign =
        places.iter().any(|place| matches!(place, Place::Sign | Place::Minus | Place::Plus | Place::Brackets));
    let has_fraction = places[point..].iter().any(|place| digit(*place));
    let too_long = whole.len() > room;
    // the first place at which a digit stands: the number's first, or a zero of the pattern
    let first_zero = places[..point].iter().filter(|place| digit(**place)).position(|place| *place == Place::Zero);
    let mut start = if too_long { 0 } else { room - whole.len() };
    if let Some(zero) = first_zero {
        start = start.min(zero);
    }
    // a zero stands where no other digit would
    let no_fraction = pattern.fill && fraction.bytes().all(|digit| digit == b'0');
    if whole.is_empty() && start == room && (!has_fraction || no_fraction) && room > 0 {
        start = room - 1;
    }
    // with FM, nines behind the last digit that says something are left out
    let last_needed = if pattern.fill {
        let nonzero = fraction.trim_end_matches('0').len();
        let zeros = places[point..]
            .iter()
            .filter(|place| digit(**place))
            .enumerate()
            .filter(|(_, place)| **place == Place::Zero);
        zeros.map(|(index, _)| index + 1).max().unwrap_or(0).max(nonzero)
    } else {
        fraction.len()
    };
    let mut out = String::new();
    let (mut at, mut at_fraction, mut signed) = (0, 0, own_sign);
    let sign = |out: &mut String, signed: &mut bool| {
        if !*signed {
            *signed = true;
            if negative {
                out.push('-');
            } else if !pattern.fill {
                out.push(' ');
            }
        }
    };
    for (index, place) in places.iter().enumerate() {
        match place {
            Place::Nine | Place::Zero if index < point => {
                if at < start {
                    if !pattern.fill {
                        out.push(' ');
                    }
                } else {
                    sign(&mut out, &mut signed);
                    let shown = if too_long {
                        '#'
                    } else {
                        (at + whole.len()).checked_sub(room).and_then(|at| whole.chars().nth(at)).unwrap_or('0')
                    };
                    out.push(shown);
                }
                at += 1;
            }
            Place::Nine | Place::Zero => {
                if at_fraction < last_needed {
                    out.push(if too_long { '#' } else { fraction.chars().nth(at_fraction).unwrap_or('0') });
                }
                at_fraction += 1;
            }
            Place::Point => {
                sign(&mut out, &mut signed);
                out.push('.');
            }
            Place::Comma if at > start || too_long => out.push(','),
            Place::Comma => out.push_str(if pattern.fill { "" } else { " " }),
            Place::Sign => out.push(if negative { '-' } else { '+' }),
            Place::Minus => out.push_str(if negative {
                "-"
            } else if pattern.fill {
                ""
            } else {
                " "
            }),
            Place::Plus => out.push_str(if !negative {
                "+"
            } else if pattern.fill {
                ""
            } else {
                " "
            }),
            Place::Brackets => {
                if negative {
                    let blank = out.len() - out.trim_start().len();
                    out.insert(blank, '<');
                    out.push('>');
                } else if !pattern.fill {
                    out.insert(0, ' ');
                    out.push(' ');
                }
            }
            Place::Other(c) => out.push(*c),
        }
    }
    out
}

/// The digits, sign and point of a text; everything else in it is passed over.
fn to_number(args: &[ArrayRef], to: &DataType) -> Result<ArrayRef> {
    let (texts, patterns) = (
        text_of(&args[0])?,
        text_of(args.get(1).ok_or_else(|| DataFusionError::Plan("to_number takes a text and a pattern".to_owned()))?)?,
    );
    let mut builder = Decimal128Builder::with_capacity(texts.len()).with_data_type(to.clone());
    for row in 0..texts.len() {
        let (Some(text), Some(_)) = (text_at(&texts, row), text_at(&patterns, row)) else {
            builder.append_null();
            continue;
        };
        let negative = text.contains('-') || text.contains('<');
        let kept = text.chars().filter(|c| c.is_ascii_digit() || *c == '.').collect::<String>();
        let (whole, fraction) = kept.split_once('.').unwrap_or((kept.as_str(), ""));
        let scale = usize::from(WIDE_NUMERIC.1.unsigned_abs());
        let fraction = format!("{:0<scale$}", fraction.chars().take(scale).collect::<String>());
        let value = format!("{whole}{fraction}")
            .parse::<i128>()
            .map_err(|_| carried(SqlError::new(SqlErrorKind::Data, format!("there is no number in \"{text}\""))))?;
        builder.append_value(if negative { -value } else { value });
    }
    Ok(Arc::new(builder.finish()))
}
