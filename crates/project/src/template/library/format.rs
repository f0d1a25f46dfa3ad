//! `'…'.format(…)` and `'…' % …`.

use crate::template::interpret::Args;
use crate::template::value::{Key, Value};

/// Python's `str.format`: `{}`, `{0}`, `{name}`, `{name.attribute}`, `{name[key]}`, with `[[fill]align][0][width][,][.precision][type]`.
pub(super) fn format_text(template: &str, args: &Args) -> Result<String, String> {
    let mut out = String::with_capacity(template.len());
    let mut rest = template;
    let mut next = 0;
    while let Some(at) = rest.find(['{', '}']) {
        out.push_str(&rest[..at]);
        let marker = &rest[at..=at];
        let after = &rest[at + 1..];
        if after.starts_with(marker) {
            out.push_str(marker);
            rest = &after[1..];
            continue;
        }
        let end = after.find('}').filter(|_| marker == "{");
        let end =
            end.ok_or_else(|| format!("a single `{marker}` in a format; write `{marker}{marker}` for the character"))?;
        let (field, spec) = after[..end].split_once(':').unwrap_or((&after[..end], ""));
        let field = field.split('!').next().unwrap_or(field);
        out.push_str(&formatted(&argument(field, args, &mut next)?, spec)?);
        rest = &after[end + 1..];
    }
    out.push_str(rest);
    Ok(out)
}

fn argument(field: &str, args: &Args, next: &mut usize) -> Result<Value, String> {
    let split = field.find(['.', '[']).unwrap_or(field.len());
    let (first, path) = field.split_at(split);
    let missing = || format!("the format asks for `{first}`, which is not among its arguments");
    let mut value = if first.is_empty() {
        *next += 1;
        args.positional.get(*next - 1).cloned().ok_or_else(|| "the format has more fields than arguments".to_owned())?
    } else if let Ok(index) = first.parse::<usize>() {
        args.positional.get(index).cloned().ok_or_else(missing)?
    } else {
        args.named.iter().find(|(name, _)| &**name == first).map(|(_, value)| value.clone()).ok_or_else(missing)?
    };
    for part in path.split(['.', '[']).filter(|part| !part.is_empty()) {
        let key = part.trim_end_matches(']');
        value = match &value {
            Value::Dict(entries) => entries.borrow().get(&Key::from(key)).cloned(),
            Value::Relation(relation) => super::relation_attribute(relation, key),
            Value::Object(object) => object.attribute(key),
            other => key.parse::<usize>().ok().and_then(|index| other.items()?.get(index).cloned()),
        }
        .ok_or_else(|| format!("the format asks for `{key}`, which is not there"))?;
    }
    Ok(value)
}

/// One value by a format specification.
fn formatted(value: &Value, spec: &str) -> Result<String, String> {
    if spec.is_empty() {
        return Ok(value.to_string());
    }
    let mut rest = spec;
    let mut characters = rest.chars();
    let (first, second) = (characters.next(), characters.next());
    let is_align = |character: Option<char>| matches!(character, Some('<' | '>' | '^' | '='));
    let (mut fill, mut align) = (' ', None);
    if is_align(second) {
        fill = first.unwrap_or(' ');
        align = second;
        rest = characters.as_str();
    } else if is_align(first) {
        align = first;
        rest = &rest[1..];
    }
    let plus = rest.starts_with('+');
    rest = rest.trim_start_matches(['+', '-', ' ', '#']);
    if rest.starts_with('0') {
        fill = '0';
        align = align.or(Some('='));
    }
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let width: usize = rest[..digits].parse().unwrap_or(0).min(10_000);
    rest = &rest[digits..];
    let grouped = rest.starts_with([',', '_']).then(|| rest.chars().next().unwrap_or(','));
    rest = rest.trim_start_matches([',', '_']);
    let mut precision = None;
    if let Some(after) = rest.strip_prefix('.') {
        let digits = after.bytes().take_while(u8::is_ascii_digit).count();
        precision = after[..digits].parse::<usize>().ok();
        rest = &after[digits..];
    }
    let number = value.as_float().filter(|_| !matches!(value, Value::Str(_)));
    let mut text = match (rest, number) {
        ("f" | "F", Some(number)) => format!("{number:.*}", precision.unwrap_or(6)),
        ("%", Some(number)) => format!("{:.*}%", precision.unwrap_or(6), number * 100.0),
        ("e", Some(number)) => format!("{number:.*e}", precision.unwrap_or(6)),
        ("d" | "", Some(_)) if value.as_int().is_some() => value.as_int().unwrap_or_default().to_string(),
        ("", Some(number)) if precision.is_some() => format!("{number:.*}", precision.unwrap_or(6)),
        ("x", Some(_)) => format!("{:x}", value.as_int().unwrap_or_default()),
        ("X", Some(_)) => format!("{:X}", value.as_int().unwrap_or_default()),
        ("s" | "", _) => {
            let text = value.to_string();
            precision.map_or(text.clone(), |most| text.chars().take(most).collect())
        }
        (kind, _) => return Err(format!("the format `{kind}` does not fit a value of type {}", value.type_name())),
    };
    if let Some(separator) = grouped {
        text = group(&text, separator);
    }
    if plus && number.is_some_and(|number| number >= 0.0) {
        text.insert(0, '+');
    }
    let missing = width.saturating_sub(text.chars().count());
    let pad = |count: usize| std::iter::repeat_n(fill, count).collect::<String>();
    Ok(match align.unwrap_or(if number.is_some() { '>' } else { '<' }) {
        '<' => format!("{text}{}", pad(missing)),
        '^' => format!("{}{text}{}", pad(missing / 2), pad(missing - missing / 2)),
        '=' => {
            let sign = text.len() - text.trim_start_matches(['-', '+']).len();
            format!("{}{}{}", &text[..sign], pad(missing), &text[sign..])
        }
        _ => format!("{}{text}", pad(missing)),
    })
}

/// Thousands.
fn group(text: &str, separator: char) -> String {
    let start = text.len() - text.trim_start_matches('-').len();
    let end = text.find('.').unwrap_or(text.len());
    let mut out = text[..start].to_owned();
    for (index, digit) in text[start..end].chars().enumerate() {
        if index > 0 && (end - start - index).is_multiple_of(3) {
            out.push(separator);
        }
        out.push(digit);
    }
    out + &text[end..]
}

/// Python's `%`: `%s`, `%d`, `%f`, `%05.2f`, `%(name)s`, `%%`.
pub(crate) fn printf(template: &str, args: &[Value]) -> Result<String, String> {
    let mut out = String::with_capacity(template.len());
    let mut rest = template;
    let mut next = 0;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('%') {
            out.push('%');
            rest = after;
            continue;
        }
        let mut named = None;
        if let Some(after) = rest.strip_prefix('(') {
            let end = after.find(')').ok_or("a name in a `%` format is not closed")?;
            named = Some(&after[..end]);
            rest = &after[end + 1..];
        }
        let length = rest.find(|character: char| character.is_ascii_alphabetic()).ok_or("a `%` format has no type")?;
        let (flags, kind) = (&rest[..length], &rest[length..=length]);
        rest = &rest[length + 1..];
        let value = match (named, args) {
            (Some(name), [Value::Dict(entries)]) => entries.borrow().get(&Key::from(name)).cloned(),
            (Some(_), _) => None,
            (None, _) => {
                next += 1;
                args.get(next - 1).cloned()
            }
        };
        let value = value.ok_or("a `%` format has more fields than arguments")?;
        let align = if flags.starts_with('-') { "<" } else { ">" };
        let flags = flags.trim_start_matches('-');
        let spec = match kind {
            "s" | "r" => format!("{align}{flags}s"),
            "d" | "i" => {
                let whole = value.as_int().or_else(|| value.as_float().map(truncated));
                let whole = whole.ok_or_else(|| format!("`%d` takes a number, not {}", value.type_name()))?;
                let align = if flags.starts_with('0') { "" } else { align };
                out.push_str(&formatted(&Value::Int(whole), &format!("{align}{flags}d"))?);
                continue;
            }
            kind => format!("{}{flags}{kind}", if flags.starts_with('0') { "" } else { align }),
        };
        out.push_str(&formatted(&value, &spec)?);
    }
    out.push_str(rest);
    Ok(out)
}

#[expect(clippy::cast_possible_truncation, reason = "Python's int() cuts off the fraction")]
pub(super) fn truncated(value: f64) -> i64 {
    value as i64
}
