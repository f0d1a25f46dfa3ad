//! Values of `ade.yml` that may refer to secrets.

use std::fmt;

use indexmap::IndexMap;
use serde_json::Value;

/// A value as it stands in the project: references to secrets are kept as references, so printing or comparing one
/// never shows a secret.
#[derive(Clone, Debug, PartialEq)]
pub enum Setting {
    /// Text, possibly with references.
    Text(Vec<SettingPart>),
    /// A number, a boolean or null.
    Plain(Value),
    /// Several.
    List(Vec<Setting>),
    /// Several with names.
    Map(IndexMap<String, Setting>),
}

/// A piece of text of a [`Setting`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum SettingPart {
    /// Text as it stands.
    Literal(String),
    /// `${env:NAME}`: the value of an environment variable.
    Environment(String),
    /// `${file:path}`: the content of a file, without the line break at its end.
    File(String),
}

/// Where references are looked up; the program that runs implements it.
pub trait Secrets {
    /// Value of an environment variable, if it is set.
    fn environment(&self, name: &str) -> Option<String>;
    /// Content of a file; relative paths start at the project.
    fn file(&self, path: &str) -> std::io::Result<String>;
}

/// Why a reference could not be resolved. Never holds a secret.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// `${env:…}` of a variable that is not set.
    #[error("the environment variable `{name}` is not set; set it and run again")]
    MissingVariable {
        /// The variable.
        name: String,
    },
    /// `${file:…}` of a file that cannot be read.
    #[error("the file `{path}` that holds a secret cannot be read: {error}")]
    UnreadableFile {
        /// The file.
        path: String,
        /// Why.
        error: std::io::Error,
    },
    /// Text was expected.
    #[error("the setting is not text")]
    NotText,
}

/// A `${…}` that is no reference: its text and the bytes it takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidReference {
    /// What stands between the braces.
    pub text: String,
    /// Byte offset of `${` in the setting's text.
    pub offset: usize,
}

impl SettingPart {
    /// Whether its value stands somewhere else.
    pub fn is_reference(&self) -> bool {
        !matches!(self, Self::Literal(_))
    }
}

impl Setting {
    /// Text without references.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(vec![SettingPart::Literal(text.into())])
    }

    /// Reads text: `${env:NAME}` and `${file:path}` are references, `$${` is a literal `${`.
    pub fn parse(text: &str) -> Result<Self, InvalidReference> {
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some(at) = rest.find("${") {
            if rest[..at].ends_with('$') {
                literal.push_str(&rest[..at - 1]);
                literal.push_str("${");
                rest = &rest[at + 2..];
                continue;
            }
            literal.push_str(&rest[..at]);
            let offset = text.len() - rest.len() + at;
            let body = &rest[at + 2..];
            let invalid = |text: &str| InvalidReference { text: text.to_owned(), offset };
            let end = body.find('}').ok_or_else(|| invalid(body))?;
            let part = match body[..end].split_once(':') {
                Some(("env", name)) if !name.trim().is_empty() => SettingPart::Environment(name.trim().to_owned()),
                Some(("file", path)) if !path.trim().is_empty() => SettingPart::File(path.trim().to_owned()),
                _ => return Err(invalid(&body[..end])),
            };
            if !literal.is_empty() {
                parts.push(SettingPart::Literal(std::mem::take(&mut literal)));
            }
            parts.push(part);
            rest = &body[end + 1..];
        }
        literal.push_str(rest);
        if !literal.is_empty() || parts.is_empty() {
            parts.push(SettingPart::Literal(literal));
        }
        Ok(Self::Text(parts))
    }

    /// Whether there is a reference anywhere in it.
    pub fn has_reference(&self) -> bool {
        match self {
            Self::Text(parts) => parts.iter().any(SettingPart::is_reference),
            Self::Plain(_) => false,
            Self::List(items) => items.iter().any(Self::has_reference),
            Self::Map(entries) => entries.values().any(Self::has_reference),
        }
    }

    /// The value with every reference replaced. What comes out may be secret: keep it out of logs and messages.
    pub fn resolve(&self, secrets: &dyn Secrets) -> Result<Value, SecretError> {
        Ok(match self {
            Self::Text(parts) => Value::String(resolve_parts(parts, secrets)?),
            Self::Plain(value) => value.clone(),
            Self::List(items) => {
                Value::Array(items.iter().map(|item| item.resolve(secrets)).collect::<Result<_, _>>()?)
            }
            Self::Map(entries) => {
                let resolved = entries.iter().map(|(key, value)| Ok((key.clone(), value.resolve(secrets)?)));
                Value::Object(resolved.collect::<Result<_, SecretError>>()?)
            }
        })
    }

    /// The text with every reference replaced.
    pub fn resolve_text(&self, secrets: &dyn Secrets) -> Result<String, SecretError> {
        match self {
            Self::Text(parts) => resolve_parts(parts, secrets),
            _ => Err(SecretError::NotText),
        }
    }
}

fn resolve_parts(parts: &[SettingPart], secrets: &dyn Secrets) -> Result<String, SecretError> {
    let mut out = String::new();
    for part in parts {
        match part {
            SettingPart::Literal(text) => out.push_str(text),
            SettingPart::Environment(name) => {
                let missing = || SecretError::MissingVariable { name: name.clone() };
                out.push_str(&secrets.environment(name).ok_or_else(missing)?);
            }
            SettingPart::File(path) => {
                let unreadable = |error| SecretError::UnreadableFile { path: path.clone(), error };
                let text = secrets.file(path).map_err(unreadable)?;
                let text = text.strip_suffix('\n').unwrap_or(&text);
                out.push_str(text.strip_suffix('\r').unwrap_or(text));
            }
        }
    }
    Ok(out)
}

/// The value as it stands in the project, references unresolved.
impl fmt::Display for Setting {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(parts) => parts.iter().try_for_each(|part| match part {
                SettingPart::Literal(text) => out.write_str(text),
                SettingPart::Environment(name) => write!(out, "${{env:{name}}}"),
                SettingPart::File(path) => write!(out, "${{file:{path}}}"),
            }),
            Self::Plain(value) => write!(out, "{value}"),
            Self::List(items) => out.debug_list().entries(items.iter().map(ToString::to_string)).finish(),
            Self::Map(entries) => {
                out.debug_map().entries(entries.iter().map(|(key, value)| (key, value.to_string()))).finish()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed;

    impl Secrets for Fixed {
        fn environment(&self, name: &str) -> Option<String> {
            (name == "PASSWORD").then(|| "hunter2".to_owned())
        }

        fn file(&self, path: &str) -> std::io::Result<String> {
            if path == "key" { Ok("abc\n".to_owned()) } else { Err(std::io::ErrorKind::NotFound.into()) }
        }
    }

    #[test]
    fn references_stay_references_until_resolved() {
        let setting = Setting::parse("u:${env:PASSWORD}@${file:key}/$${x}").expect("valid");
        assert!(setting.has_reference());
        assert!(!format!("{setting:?} {setting}").contains("hunter2"));
        assert_eq!(setting.resolve_text(&Fixed).expect("resolves"), "u:hunter2@abc/${x}");
        assert_eq!(Setting::parse("").expect("valid").resolve_text(&Fixed).expect("resolves"), "");
    }

    #[test]
    fn missing_secrets_are_named() {
        let error = Setting::parse("${env:NOPE}").expect("valid").resolve(&Fixed).expect_err("missing");
        assert!(error.to_string().contains("`NOPE`"));
        let error = Setting::parse("${file:nope}").expect("valid").resolve(&Fixed).expect_err("missing");
        assert!(error.to_string().contains("`nope`"));
    }

    #[test]
    fn other_references_are_refused_with_their_place() {
        let invalid = |text: &str, offset| Err(InvalidReference { text: text.into(), offset });
        assert_eq!(Setting::parse("a${vault:x}"), invalid("vault:x", 1));
        assert_eq!(Setting::parse("${HOME}"), invalid("HOME", 0));
        assert_eq!(Setting::parse("${env:X"), invalid("env:X", 0));
        assert_eq!(Setting::parse("${env:}"), invalid("env:", 0));
    }
}
