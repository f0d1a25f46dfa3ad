//! Jinja's filters of single values.

use ade_diagnostic::{did_you_mean, rule};

use crate::template::interpret::{Args, Interpreter, Outcome, Raise};
use crate::template::value::{Text, Value};

use super::filter_sequence::{self, sequence};
use super::format::{printf, truncated};
use super::functions::json_text;
use super::{call_method, method_text};

const FILTERS: [&str; 34] = [
    "abs",
    "as_bool",
    "as_native",
    "as_number",
    "as_text",
    "capitalize",
    "center",
    "d",
    "default",
    "e",
    "escape",
    "float",
    "forceescape",
    "format",
    "indent",
    "int",
    "lower",
    "pprint",
    "replace",
    "round",
    "safe",
    "string",
    "striptags",
    "title",
    "tojson",
    "trim",
    "truncate",
    "upper",
    "urlencode",
    "wordcount",
    "wordwrap",
    "fromjson",
    "fromyaml",
    "count",
];

/// `value|name(…)`.
pub(crate) fn filter(interpreter: &mut Interpreter<'_>, name: &str, value: &Value, args: &Args) -> Outcome {
    if let Some(outcome) = sequence(interpreter, name, value, args) {
        return outcome;
    }
    let text = || value.to_string();
    let none = || args.bind(name, [], 0);
    match name {
        "default" | "d" => {
            let [default, falsy] = args.bind(name, ["default_value", "boolean"], 0)?;
            let missing = value.is_undefined() || (falsy.is_some_and(|falsy| falsy.is_true()) && !value.is_true());
            Ok(if missing { default.unwrap_or_else(|| Value::from("")) } else { value.clone() })
        }
        "upper" => none().map(|_| Value::from(text().to_uppercase())),
        "lower" => none().map(|_| Value::from(text().to_lowercase())),
        "capitalize" => none().map(|_| Value::from(method_text::capitalized(&text()))),
        "title" => none().map(|_| Value::from(method_text::title(&text()))),
        "trim" => {
            let [chars] = args.bind(name, ["chars"], 0)?;
            let chars = Args::text(chars);
            let trim =
                |character: char| chars.as_ref().map_or(character.is_whitespace(), |chars| chars.contains(character));
            Ok(trimmed(value, trim))
        }
        "replace" => {
            let [old, new, count] = args.bind(name, ["old", "new", "count"], 2)?;
            let (old, new) = (old.unwrap_or(Value::None).to_string(), new.unwrap_or(Value::None).to_string());
            let count = count.and_then(|count| usize::try_from(count.as_int()?).ok()).unwrap_or(usize::MAX);
            Ok(Value::from(text().replacen(&old, &new, count)))
        }
        "center" => {
            let method = std::sync::Arc::from("center");
            let args = if args.positional.is_empty() { Args::positional([Value::Int(80)]) } else { args.clone() };
            call_method(interpreter, &Value::from(text()), &method, &args).unwrap_or_else(|| Ok(value.clone()))
        }
        "string" | "safe" | "as_text" => {
            Ok(if let Value::Str(_) = value { value.clone() } else { Value::from(text()) })
        }
        "as_native" | "pprint" => Ok(value.clone()),
        "as_bool" => Ok(Value::Bool(matches!(text().to_lowercase().as_str(), "true" | "1" | "yes" | "on" | "t" | "y"))),
        "as_number" => number(value, args, false),
        "int" => number(value, args, true),
        "float" => {
            let [default] = args.bind(name, ["default"], 0)?;
            let read = value.as_float().or_else(|| value.as_str().and_then(|text| text.trim().parse().ok()));
            Ok(read.map_or_else(|| default.unwrap_or(Value::Float(0.0)), Value::Float))
        }
        "abs" => match (value, value.as_int()) {
            (Value::Float(value), _) => Ok(Value::Float(value.abs())),
            (_, Some(value)) => Ok(Value::Int(value.abs())),
            _ => Err(Raise::plain(format!("`abs` takes a number, not {}", value.type_name()))),
        },
        "round" => round(value, args),
        "tojson" => {
            let [indent] = args.bind(name, ["indent"], 0)?;
            let json = value.to_json();
            Ok(Value::from(match indent {
                Some(_) => serde_json::to_string_pretty(&json).unwrap_or_default(),
                None => json_text(&json, true),
            }))
        }
        "fromjson" | "fromyaml" => {
            let mut all = Args::positional([value.clone()]);
            all.positional.extend(args.positional.iter().cloned());
            let function = interpreter.global(name).unwrap_or(Value::None);
            match function {
                Value::Function(function) => {
                    interpreter.call_function(&function, &all, ade_diagnostic::Span::default())
                }
                _ => Ok(Value::None),
            }
        }
        "format" => {
            if args.named.is_empty() {
                return printf(&text(), &args.positional).map(Value::from).map_err(Raise::plain);
            }
            let named = Value::dict(args.named.iter().map(|(key, value)| (key.into(), value.clone())));
            printf(&text(), &[named]).map(Value::from).map_err(Raise::plain)
        }
        "indent" => indent(&text(), args),
        "truncate" => truncate(&text(), args),
        "wordwrap" => wordwrap(&text(), args),
        "wordcount" => Ok(Value::from(
            text().split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty()).count(),
        )),
        "escape" | "e" | "forceescape" => Ok(Value::from(
            text()
                .replace('&', "&amp;")
                .replace('<', "&lt;")
                .replace('>', "&gt;")
                .replace('"', "&#34;")
                .replace('\'', "&#39;"),
        )),
        "striptags" => Ok(Value::from(without_tags(&text()))),
        "random" => {
            Err(Raise::plain("`random` would give another text at each build; `random()` in SQL draws for each row"))
        }
        "urlencode" => Ok(Value::from(urlencoded(&text()))),
        _ => Err(unknown(name)),
    }
}

fn unknown(name: &str) -> Raise {
    let known = FILTERS.iter().chain(&filter_sequence::FILTERS).copied();
    Raise::of(&rule::UNDEFINED_NAME, format!("there is no filter `{name}`"), did_you_mean(name, known))
}

/// Trimming keeps the places of a text, which whole statements made by `set` blocks go through.
fn trimmed(value: &Value, trim: impl Fn(char) -> bool) -> Value {
    let text = value.to_string();
    let end = text.trim_end_matches(&trim).len();
    let start = end - text[..end].trim_start_matches(&trim).len();
    let pieces = match value {
        Value::Str(text) => text.pieces(),
        _ => &[],
    };
    let kept = pieces.iter().filter(|piece| piece.output.start < end && piece.output.end > start).map(|piece| {
        let mut piece = piece.clone();
        let output = piece.output.start.max(start)..piece.output.end.min(end);
        if piece.exact {
            let inner = output.start - piece.output.start..output.end - piece.output.start;
            piece.origin = piece.origin.inner(inner.into());
        }
        piece.output = output.start - start..output.end - start;
        piece
    });
    Value::Str(Text::with_pieces(text[start..end].to_owned(), kept.collect()))
}

fn number(value: &Value, args: &Args, whole: bool) -> Outcome {
    let [default, base] = args.bind("int", ["default", "base"], 0)?;
    if let (false, Value::Float(_)) = (whole, value) {
        return Ok(value.clone());
    }
    let base =
        base.and_then(|base| u32::try_from(base.as_int()?).ok()).filter(|base| (2..=36).contains(base)).unwrap_or(10);
    let read = match value {
        Value::Str(text) => {
            let text = text.trim();
            let integer = i64::from_str_radix(text, base).ok();
            if let (None, false, Ok(number)) = (integer, whole, text.parse::<f64>()) {
                return Ok(Value::Float(number));
            }
            integer.or_else(|| text.parse::<f64>().ok().map(truncated))
        }
        other => other.as_int().or_else(|| other.as_float().map(truncated)),
    };
    Ok(read.map_or_else(|| default.unwrap_or(Value::Int(0)), Value::Int))
}

fn round(value: &Value, args: &Args) -> Outcome {
    let [precision, method] = args.bind("round", ["precision", "method"], 0)?;
    let Some(number) = value.as_float() else {
        return Err(Raise::plain(format!("`round` takes a number, not {}", value.type_name())));
    };
    let precision = precision.and_then(|precision| i32::try_from(precision.as_int()?).ok()).unwrap_or(0);
    let factor = 10_f64.powi(precision);
    let scaled = number * factor;
    let rounded = match Args::text(method).as_deref() {
        None | Some("common") => scaled.round_ties_even(),
        Some("ceil") => scaled.ceil(),
        Some("floor") => scaled.floor(),
        Some(other) => return Err(Raise::plain(format!("`round` knows common, ceil and floor, not `{other}`"))),
    };
    Ok(Value::Float(rounded / factor))
}

fn indent(text: &str, args: &Args) -> Outcome {
    let [width, first, blank] = args.bind("indent", ["width", "first", "blank"], 0)?;
    let pad = match width {
        Some(Value::Str(pad)) => pad.to_string(),
        Some(width) => " ".repeat(usize::try_from(width.as_int().unwrap_or(4)).unwrap_or(0).min(1000)),
        None => "    ".to_owned(),
    };
    let is_set = |flag: Option<Value>| flag.is_some_and(|flag| flag.is_true());
    let (first, blank) = (is_set(first), is_set(blank));
    let lines = text.split('\n').enumerate().map(|(index, line)| {
        let padded = if index == 0 { first } else { blank || !line.trim().is_empty() };
        if padded { format!("{pad}{line}") } else { line.to_owned() }
    });
    Ok(Value::from(lines.collect::<Vec<_>>().join("\n")))
}

fn truncate(text: &str, args: &Args) -> Outcome {
    let [length, kill, end, leeway] = args.bind("truncate", ["length", "killwords", "end", "leeway"], 0)?;
    let whole =
        |value: Option<Value>, or: usize| value.and_then(|value| usize::try_from(value.as_int()?).ok()).unwrap_or(or);
    let (length, leeway) = (whole(length, 255), whole(leeway, 5));
    let end = end.map_or_else(|| "...".to_owned(), |end| end.to_string());
    if text.chars().count() <= length + leeway {
        return Ok(Value::from(text));
    }
    let kept: String = text.chars().take(length.saturating_sub(end.chars().count())).collect();
    let kept = match kept.rsplit_once(' ') {
        Some((words, _)) if !kill.is_some_and(|kill| kill.is_true()) => words.to_owned(),
        _ => kept,
    };
    Ok(Value::from(kept + &end))
}

/// Without comments and tags, each run of white space as one blank.
fn without_tags(text: &str) -> String {
    let (mut kept, mut rest) = (String::new(), text);
    while let Some(start) = rest.find('<') {
        let closing = if rest[start..].starts_with("<!--") { "-->" } else { ">" };
        let Some(length) = rest[start..].find(closing) else { break };
        kept.push_str(&rest[..start]);
        rest = &rest[start + length + closing.len()..];
    }
    kept.push_str(rest);
    kept.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn wordwrap(text: &str, args: &Args) -> Outcome {
    let [width, break_long, newline] = args.bind("wordwrap", ["width", "break_long_words", "wrapstring"], 0)?;
    let width = width.and_then(|width| usize::try_from(width.as_int()?).ok()).unwrap_or(79).max(1);
    let newline = Args::text(newline).unwrap_or_else(|| "\n".to_owned());
    let break_long = break_long.is_none_or(|value| value.is_true());
    let mut lines: Vec<String> = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        for word in paragraph.split_whitespace() {
            if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > width {
                lines.push(std::mem::take(&mut line));
            }
            line.push_str(if line.is_empty() { "" } else { " " });
            line.push_str(word);
            while break_long && line.chars().count() > width {
                let rest: String = line.chars().skip(width).collect();
                lines.push(line.chars().take(width).collect());
                line = rest;
            }
        }
        lines.push(line);
    }
    Ok(Value::from(lines.join(&newline)))
}

fn urlencoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.extend(['%', hex_digit(byte >> 4), hex_digit(byte & 15)]);
        }
    }
    out
}

fn hex_digit(value: u8) -> char {
    char::from_digit(u32::from(value), 16).unwrap_or('0').to_ascii_uppercase()
}
