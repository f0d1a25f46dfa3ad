//! Everything in which a node differs from a shape.

use std::sync::Arc;

use ade_diagnostic::{Diagnostic, Diagnostics, SourceFile, Span, rule, suggest};

use super::shape::{Additional, Part};
use super::{Entry, Mapping, Node, NodeValue, Shape};

/// Reports unknown keys, missing keys, wrong types and unknown values below a node, each at its place, and takes them
/// out, so that what remains can be decoded. A key with nothing after it counts as not there. `None`: nothing remains.
pub fn validate(file: &Arc<SourceFile>, mut node: Node, shape: &Shape, problems: &mut Diagnostics) -> Option<Node> {
    Validator { file, shape }.node(&mut node, shape.root, None, problems).then_some(node)
}

struct Validator<'a> {
    file: &'a Arc<SourceFile>,
    shape: &'a Shape,
}

/// The key that a value stands under.
#[derive(Clone, Copy)]
struct Key<'a> {
    text: &'a str,
    span: Span,
}

impl Validator<'_> {
    /// Whether the node can be decoded now.
    fn node(&self, node: &mut Node, part: usize, key: Option<Key<'_>>, problems: &mut Diagnostics) -> bool {
        let part = &self.shape.parts[part];
        if !part.any_of.is_empty() {
            return self.any_of(node, part, key, problems);
        }
        if !has_type(node, part) {
            problems.push(self.wrong_type(node, part, key));
            return false;
        }
        if !self.has_value(node, part, key, problems) || !self.is_in_bounds(node, part, key, problems) {
            return false;
        }
        let span = node.span;
        match &mut node.value {
            NodeValue::Mapping(mapping) => self.mapping(mapping, span, part, problems),
            NodeValue::Sequence(items) => {
                if let Some(items_part) = part.items {
                    items.retain_mut(|item| self.node(item, items_part, key, problems));
                }
                true
            }
            _ => true,
        }
    }

    fn mapping(&self, mapping: &mut Mapping, span: Span, part: &Part, problems: &mut Diagnostics) -> bool {
        let mut usable = true;
        // A slip in a needed key is one problem, not two.
        let slips: Vec<&str> = mapping
            .entries()
            .iter()
            .filter(|entry| matches!(part.additional, Additional::Nothing) && !part.properties.contains_key(&entry.key))
            .filter_map(|entry| suggest(&entry.key, part.properties.keys().map(String::as_str)))
            .collect();
        for key in &part.required {
            if mapping.get(key).is_none_or(Node::is_null) {
                usable = false;
                if slips.contains(&key.as_str()) {
                    continue;
                }
                let message = format!("the key `{key}` is missing{}", within(part));
                let at = mapping.entry(key).map_or(self.first_line(span), |entry| entry.key_span);
                problems.push(Diagnostic::error(&rule::MISSING_KEY, message).at(self.file.location(at)));
            }
        }
        let cut: Vec<(Span, String)> =
            mapping.entries().windows(2).filter_map(|pair| cut_in_two(&pair[0], &pair[1])).collect();
        mapping.retain_mut(|entry| {
            let property = match (part.properties.get(&entry.key), &part.additional) {
                (Some(_), _) if entry.value.is_null() => return true,
                (Some(property), _) | (None, Additional::Part(property)) => *property,
                (None, Additional::Anything) => return true,
                (None, Additional::Nothing) => {
                    let whole = cut.iter().find(|(span, _)| *span == entry.key_span).map(|(_, whole)| whole.as_str());
                    problems.push(self.unknown_key(entry, part, whole));
                    return false;
                }
            };
            let key = Key { text: &entry.key, span: entry.key_span };
            let good = self.node(&mut entry.value, property, Some(key), problems);
            usable &= good || !part.required.contains(&entry.key);
            good
        });
        usable
    }

    /// `whole`: what the key is the end of, where a comma has cut that in two.
    fn unknown_key(&self, entry: &Entry, part: &Part, whole: Option<&str>) -> Diagnostic {
        let message = format!("unknown key `{}`{}", entry.key, within(part));
        let known = part.properties.keys().map(String::as_str);
        let problem = Diagnostic::error(&rule::UNKNOWN_KEY, message).at(self.file.location(entry.key_span));
        if let Some(whole) = whole {
            return problem.hint(format!("within {{ }} a comma ends a value: write `{whole}`, in quotes"));
        }
        match suggest(&entry.key, known) {
            Some(known) => problem.hint(format!("did you mean `{known}`?")),
            None if part.properties.len() <= 12 => {
                problem.hint(format!("known keys: {}", list(part.properties.keys())))
            }
            None if part.properties.contains_key("meta") => problem.hint("keys of your own belong under `meta`"),
            None => problem,
        }
    }

    fn has_value(&self, node: &Node, part: &Part, key: Option<Key<'_>>, problems: &mut Diagnostics) -> bool {
        let text = match &node.value {
            NodeValue::Bool(value) => value.to_string(),
            _ => node.as_text().unwrap_or_default().to_owned(),
        };
        if part.values.is_empty() || node.is_null() || part.values.contains(&text) {
            return true;
        }
        let message = match key {
            Some(key) => format!("`{text}` is not a value of `{}`", key.text),
            None => format!("`{text}` is not a value that is known here"),
        };
        let problem = Diagnostic::error(&rule::UNKNOWN_VALUE, message).at(self.file.location(node.span));
        let problem = problem.suggestion(&text, part.values.iter().map(String::as_str));
        problems.push(problem.note(format!("known values: {}", list(&part.values))));
        false
    }

    fn is_in_bounds(&self, node: &Node, part: &Part, key: Option<Key<'_>>, problems: &mut Diagnostics) -> bool {
        let Some(number) = node.as_number().and_then(|number| number.as_f64()) else { return true };
        let bound = match (part.minimum, part.maximum) {
            (Some(minimum), _) if number < minimum => format!("at least {minimum}"),
            (_, Some(maximum)) if number > maximum => format!("at most {maximum}"),
            _ => return true,
        };
        let message = format!("{} must be {bound}", subject(key));
        problems.push(Diagnostic::error(&rule::INVALID_VALUE, message).at(self.file.location(node.span)));
        false
    }

    /// Of several shapes, those of the value's type are tried; the one it comes nearest to says what is wrong.
    fn any_of(&self, node: &mut Node, part: &Part, key: Option<Key<'_>>, problems: &mut Diagnostics) -> bool {
        let options: Vec<usize> =
            part.any_of.iter().copied().filter(|option| self.may_have_type(node, *option)).collect();
        let mut nearest: Option<(bool, Diagnostics, Node)> = None;
        for option in options {
            let (mut found, mut tried) = (Diagnostics::new(), node.clone());
            let usable = self.node(&mut tried, option, key, &mut found);
            if nearest.as_ref().is_none_or(|(_, known, _)| found.len() < known.len()) {
                nearest = Some((usable, found, tried));
            }
        }
        let Some((usable, found, tried)) = nearest else {
            problems.push(self.wrong_type(node, part, key));
            return false;
        };
        problems.extend(found);
        *node = tried;
        usable
    }

    fn may_have_type(&self, node: &Node, part: usize) -> bool {
        let part = &self.shape.parts[part];
        if part.any_of.is_empty() {
            has_type(node, part)
        } else {
            part.any_of.iter().any(|option| self.may_have_type(node, *option))
        }
    }

    fn wrong_type(&self, node: &Node, part: &Part, key: Option<Key<'_>>) -> Diagnostic {
        let mut expected = Vec::new();
        self.expected(part, &mut expected);
        let message = format!("{} must be {}, not {}", subject(key), expected.join(" or "), node.kind());
        let span = match key {
            Some(key) if matches!(node.value, NodeValue::Mapping(_) | NodeValue::Sequence(_)) => key.span,
            _ => self.first_line(node.span),
        };
        Diagnostic::error(&rule::WRONG_TYPE, message).at(self.file.location(span))
    }

    fn expected(&self, part: &Part, out: &mut Vec<String>) {
        for option in &part.any_of {
            self.expected(&self.shape.parts[*option], out);
        }
        for name in part.types.iter().filter(|name| *name != "null") {
            let word = match name.as_str() {
                "boolean" => "`true` or `false`",
                "integer" => "a whole number",
                "number" => "a number",
                "array" => "a list",
                "object" => "a mapping",
                _ if !part.values.is_empty() => &format!("one of {}", list(&part.values)),
                _ => "text",
            };
            if !out.iter().any(|known| known == word) {
                out.push(word.to_owned());
            }
        }
    }

    /// A whole collection is too much to point at: its first line says which one is meant.
    fn first_line(&self, span: Span) -> Span {
        let length = self.file.slice(span).lines().next().map_or(0, |line| line.trim_end().len());
        Span::new(span.start, span.start + length)
    }
}

/// Whether `last` is the end of the value before it, which a comma within braces has cut in two (`decimal(18, 2)`): its place
/// and how both are written as one.
fn cut_in_two(first: &Entry, last: &Entry) -> Option<(Span, String)> {
    let value = first.value.as_text()?;
    let is_cut = value.contains('(') && !value.contains(')') && last.key.ends_with(')') && last.value.is_null();
    is_cut.then(|| (last.key_span, format!("{}: \"{value}, {}\"", first.key, last.key)))
}

fn has_type(node: &Node, part: &Part) -> bool {
    part.types.is_empty() || part.types.iter().any(|name| is_type(node, name))
}

fn is_type(node: &Node, name: &str) -> bool {
    match name {
        "null" => node.is_null(),
        "boolean" => node.as_bool().is_some(),
        "integer" => node.as_number().is_some_and(|number| number.is_i64() || number.is_u64()),
        "number" => node.as_number().is_some(),
        "string" => node.as_text().is_some(),
        "array" => node.as_sequence().is_some(),
        "object" => node.as_mapping().is_some(),
        _ => true,
    }
}

fn within(part: &Part) -> String {
    part.title.as_ref().map_or(String::new(), |title| format!(" in {title}"))
}

fn subject(key: Option<Key<'_>>) -> String {
    key.map_or_else(|| "this".to_owned(), |key| format!("`{}`", key.text))
}

fn list<'a>(words: impl IntoIterator<Item = &'a String>) -> String {
    words.into_iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}
