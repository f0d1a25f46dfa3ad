//! Python's methods of texts.

use crate::template::interpret::{Args, Outcome, Raise};
use crate::template::value::{Text, Value};

use super::format::format_text;

pub(super) const METHODS: [&str; 39] = [
    "capitalize",
    "casefold",
    "center",
    "count",
    "encode",
    "endswith",
    "find",
    "format",
    "index",
    "isalnum",
    "isalpha",
    "isdecimal",
    "isdigit",
    "islower",
    "isnumeric",
    "isspace",
    "isupper",
    "join",
    "ljust",
    "lower",
    "lstrip",
    "partition",
    "removeprefix",
    "removesuffix",
    "replace",
    "rfind",
    "rjust",
    "rpartition",
    "rsplit",
    "rstrip",
    "split",
    "splitlines",
    "startswith",
    "strip",
    "swapcase",
    "title",
    "translate",
    "upper",
    "zfill",
];

/// `text.name(…)`.
pub(super) fn call(text: &Text, name: &str, args: &Args) -> Option<Outcome> {
    let full = format!("str.{name}");
    let none = || args.bind(&full, [], 0);
    let all = |accept: fn(char) -> bool| Value::Bool(!text.is_empty() && text.chars().all(accept));
    let value = match name {
        "upper" => none().map(|_| Value::from(text.to_uppercase())),
        "lower" | "casefold" => none().map(|_| Value::from(text.to_lowercase())),
        "capitalize" => none().map(|_| Value::from(capitalized(text))),
        "title" => none().map(|_| Value::from(title(text))),
        "swapcase" => none().map(|_| Value::from(text.chars().map(swapped).collect::<String>())),
        "strip" | "lstrip" | "rstrip" => args.bind(&full, ["chars"], 0).map(|[chars]| {
            let chars = Args::text(chars);
            let strip = |character: char| match &chars {
                Some(chars) => chars.contains(character),
                None => character.is_whitespace(),
            };
            let mut kept: &str = text;
            if name != "rstrip" {
                kept = kept.trim_start_matches(strip);
            }
            if name != "lstrip" {
                kept = kept.trim_end_matches(strip);
            }
            Value::from(kept)
        }),
        "split" | "rsplit" => args.bind(&full, ["sep", "maxsplit"], 0).and_then(|[separator, most]| {
            let most = most.and_then(|most| usize::try_from(most.as_int()?).ok());
            split(text, Args::text(separator).as_deref(), most, name == "rsplit")
        }),
        "splitlines" => Ok(Value::list(text.lines().map(Value::from))),
        "join" => args.bind(&full, ["iterable"], 1).and_then(|[items]| match items.and_then(|items| items.items()) {
            Some(items) => Ok(Value::from(items.iter().map(ToString::to_string).collect::<Vec<_>>().join(text))),
            None => Err(Raise::plain("`join` needs a list")),
        }),
        "replace" => args.bind(&full, ["old", "new", "count"], 2).map(|[old, new, count]| {
            let (old, new) = (old.unwrap_or(Value::None).to_string(), new.unwrap_or(Value::None).to_string());
            match count.and_then(|count| usize::try_from(count.as_int()?).ok()) {
                Some(count) => Value::from(text.replacen(&old, &new, count)),
                None => Value::from(text.replace(&old, &new)),
            }
        }),
        "startswith" | "endswith" => args.bind(&full, ["prefix", "start"], 1).map(|[affix, start]| {
            let start = start.and_then(|start| usize::try_from(start.as_int()?).ok()).unwrap_or(0);
            let from = text.char_indices().nth(start).map_or(text.len(), |(at, _)| at);
            let rest = if start == 0 { &**text } else { &text[from..] };
            let matches = |affix: &Value| {
                let affix = affix.to_string();
                if name == "startswith" { rest.starts_with(&affix) } else { rest.ends_with(&affix) }
            };
            Value::Bool(match affix {
                Some(Value::Tuple(affixes)) => affixes.iter().any(matches),
                Some(affix) => matches(&affix),
                None => false,
            })
        }),
        "find" | "rfind" | "index" => args.bind(&full, ["sub"], 1).and_then(|[part]| {
            let part = part.unwrap_or(Value::None).to_string();
            let found = if name == "rfind" { text.rfind(&part) } else { text.find(&part) };
            match found {
                Some(at) => Ok(Value::from(text[..at].chars().count())),
                None if name == "index" => Err(Raise::plain(format!("`{part}` is not in the text"))),
                None => Ok(Value::Int(-1)),
            }
        }),
        "count" => args.bind(&full, ["sub"], 1).map(|[part]| {
            let part = part.unwrap_or(Value::None).to_string();
            Value::from(if part.is_empty() { text.chars().count() + 1 } else { text.matches(&part).count() })
        }),
        "partition" | "rpartition" => args.bind(&full, ["sep"], 1).map(|[separator]| {
            let separator = separator.unwrap_or(Value::None).to_string();
            let last = name == "rpartition";
            let found = if last { text.rsplit_once(&separator) } else { text.split_once(&separator) };
            let parts = match found {
                Some((before, after)) => [before, &separator, after],
                None if last => ["", "", text],
                None => [text, "", ""],
            };
            Value::tuple(parts.map(Value::from))
        }),
        "removeprefix" => args.bind(&full, ["prefix"], 1).map(|[affix]| {
            let affix = affix.unwrap_or(Value::None).to_string();
            Value::from(text.strip_prefix(affix.as_str()).unwrap_or(text))
        }),
        "removesuffix" => args.bind(&full, ["suffix"], 1).map(|[affix]| {
            let affix = affix.unwrap_or(Value::None).to_string();
            Value::from(text.strip_suffix(affix.as_str()).unwrap_or(text))
        }),
        "zfill" | "ljust" | "rjust" | "center" => args.bind(&full, ["width", "fillchar"], 1).map(|[width, fill]| {
            let width = width.and_then(|width| usize::try_from(width.as_int()?).ok()).unwrap_or(0).min(10_000);
            let fill = Args::text(fill).and_then(|fill| fill.chars().next()).unwrap_or(' ');
            Value::from(padded(text, name, width, fill))
        }),
        "format" => format_text(text, args).map(Value::from).map_err(Raise::plain),
        "isdigit" | "isdecimal" | "isnumeric" => Ok(all(char::is_numeric)),
        "isalpha" => Ok(all(char::is_alphabetic)),
        "isalnum" => Ok(all(char::is_alphanumeric)),
        "isspace" => Ok(all(char::is_whitespace)),
        "isupper" => Ok(Value::Bool(text.chars().any(char::is_uppercase) && !text.chars().any(char::is_lowercase))),
        "islower" => Ok(Value::Bool(text.chars().any(char::is_lowercase) && !text.chars().any(char::is_uppercase))),
        "encode" | "translate" => Ok(Value::Str(text.clone())),
        _ => return None,
    };
    Some(value)
}

fn split(text: &str, separator: Option<&str>, most: Option<usize>, from_end: bool) -> Outcome {
    let mut parts: Vec<&str> = match (separator, most) {
        (Some(""), _) => return Err(Raise::plain("a text cannot be split at nothing")),
        (Some(separator), None) => text.split(separator).collect(),
        (Some(separator), Some(most)) if from_end => text.rsplitn(most + 1, separator).collect(),
        (Some(separator), Some(most)) => text.splitn(most + 1, separator).collect(),
        (None, None) => text.split_whitespace().collect(),
        (None, Some(most)) => {
            let mut parts = Vec::new();
            let mut rest = text.trim();
            while parts.len() < most
                && let Some((first, after)) = rest.split_once(char::is_whitespace)
            {
                parts.push(first);
                rest = after.trim_start();
            }
            parts.extend((!rest.is_empty()).then_some(rest));
            parts
        }
    };
    if from_end && separator.is_some() && most.is_some() {
        parts.reverse();
    }
    Ok(Value::list(parts.into_iter().map(Value::from)))
}

pub(super) fn capitalized(text: &str) -> String {
    let mut characters = text.chars();
    let first: String = characters.next().into_iter().flat_map(char::to_uppercase).collect();
    first + &characters.as_str().to_lowercase()
}

/// Every word with a capital, words being runs of letters.
pub(super) fn title(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut inside = false;
    for character in text.chars() {
        if inside {
            out.extend(character.to_lowercase());
        } else {
            out.extend(character.to_uppercase());
        }
        inside = character.is_alphabetic();
    }
    out
}

fn swapped(character: char) -> char {
    if character.is_uppercase() { character.to_ascii_lowercase() } else { character.to_ascii_uppercase() }
}

fn padded(text: &str, method: &str, width: usize, fill: char) -> String {
    let missing = width.saturating_sub(text.chars().count());
    let fill = |count: usize| std::iter::repeat_n(fill, count).collect::<String>();
    match method {
        "ljust" => format!("{text}{}", fill(missing)),
        "rjust" => format!("{}{text}", fill(missing)),
        "center" => format!("{}{text}{}", fill(missing / 2), fill(missing - missing / 2)),
        _ => {
            let (sign, digits) = match text.strip_prefix(['-', '+']) {
                Some(digits) => (&text[..1], digits),
                None => ("", text),
            };
            format!("{sign}{}{digits}", "0".repeat(missing))
        }
    }
}
