//! Text to nodes.

use std::collections::HashMap;
use std::sync::Arc;

use ade_diagnostic::{Diagnostic, Diagnostics, SourceFile, Span, rule};
use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Tag};

use super::{Entry, Mapping, Node, NodeValue, TextStyle, scalar};

/// Deeper nesting is refused: nobody writes it, and it would cost the stack of everybody who reads it.
const MAX_DEPTH: usize = 64;
/// More nodes from aliases than this are refused: a few lines of nested aliases can stand for billions of nodes.
const MAX_ALIASED_NODES: usize = 200_000;

/// Reads a file's one document. What is wrong goes to `problems`; `None` when there is no tree at all. A file without
/// content is [`NodeValue::Null`].
pub fn read(file: &Arc<SourceFile>, problems: &mut Diagnostics) -> Option<Node> {
    let mut reader = Reader {
        file,
        ascii: file.text().is_ascii(),
        parser: Parser::new_from_str(file.text()),
        anchors: HashMap::new(),
        aliased: 0,
        problems,
    };
    match reader.document() {
        Ok(node) => Some(node),
        Err(problem) => {
            problems.push(*problem);
            None
        }
    }
}

struct Reader<'a, 'p> {
    file: &'a Arc<SourceFile>,
    /// Then markers, which count characters, are byte offsets.
    ascii: bool,
    parser: Parser<'a, saphyr_parser::StrInput<'a>>,
    anchors: HashMap<usize, Node>,
    aliased: usize,
    problems: &'p mut Diagnostics,
}

type Failure = Box<Diagnostic>;

impl<'a> Reader<'a, '_> {
    fn document(&mut self) -> Result<Node, Failure> {
        let mut root = None;
        loop {
            match self.next()? {
                (Event::StreamStart | Event::DocumentEnd | Event::Nothing, _) => {}
                (Event::DocumentStart(_), span) if root.is_some() => {
                    return Err(self
                        .failure("a second document begins here", span)
                        .hint("use one file for each")
                        .into());
                }
                (Event::DocumentStart(_), _) => {
                    let (event, span) = self.next()?;
                    root = Some(self.node(event, span, 0)?);
                }
                (Event::StreamEnd, _) => break,
                (_, span) => return Err(self.failure("unexpected content", span).into()),
            }
        }
        Ok(root.unwrap_or(Node::new(NodeValue::Null, Span::at(0))))
    }

    fn next(&mut self) -> Result<(Event<'a>, Span), Failure> {
        match self.parser.next_event() {
            Some(Ok((event, span))) => {
                let span = Span::new(self.offset(span.start), self.offset(span.end));
                Ok((event, span))
            }
            Some(Err(error)) => Err(self.syntax_error(*error.marker(), error.info())),
            None => Ok((Event::StreamEnd, Span::at(self.file.text().len()))),
        }
    }

    fn offset(&self, marker: Marker) -> usize {
        if self.ascii {
            marker.index().min(self.file.text().len())
        } else {
            self.file.offset(marker.line(), marker.col() + 1)
        }
    }

    fn node(&mut self, event: Event<'a>, span: Span, depth: usize) -> Result<Node, Failure> {
        if depth > MAX_DEPTH {
            return Err(self.failure(format!("nested deeper than {MAX_DEPTH} levels"), span).into());
        }
        let (node, anchor) = match event {
            Event::Alias(anchor) => return self.alias(anchor, span),
            Event::Scalar(text, style, anchor, tag) => (self.scalar(&text, style, tag.as_deref(), span), anchor),
            Event::SequenceStart(anchor, _) => (self.sequence(span, depth)?, anchor),
            Event::MappingStart(anchor, _) => (self.mapping(span, depth)?, anchor),
            _ => return Err(self.failure("unexpected end", span).into()),
        };
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    fn alias(&mut self, anchor: usize, span: Span) -> Result<Node, Failure> {
        let Some(node) = self.anchors.get(&anchor) else {
            return Err(self.failure("an alias of itself", span).into());
        };
        self.aliased += count(node);
        if self.aliased > MAX_ALIASED_NODES {
            return Err(self.failure("aliases stand for too much", span).into());
        }
        Ok(node.clone())
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, tag: Option<&Tag>, span: Span) -> Node {
        let plain = style == ScalarStyle::Plain;
        let quoted = || NodeValue::Text(text.to_owned(), TextStyle::Quoted);
        let value = match tag {
            Some(tag) if tag.is_yaml_core_schema() && tag.suffix == "str" => quoted(),
            Some(tag) if tag.is_yaml_core_schema() => scalar::resolve(text),
            Some(tag) if tag.handle != "!" || !tag.suffix.is_empty() => {
                let problem = self.failure(format!("the tag `{tag}` has no meaning here"), span);
                self.problems.push(problem.hint("remove the tag"));
                quoted()
            }
            _ if plain && tag.is_none() => scalar::resolve(text),
            _ => quoted(),
        };
        Node::new(value, Span::new(span.start, span.start + scalar_length(self.file.slice(span), style)))
    }

    fn sequence(&mut self, start: Span, depth: usize) -> Result<Node, Failure> {
        let mut items = Vec::new();
        loop {
            let (event, span) = self.next()?;
            if event == Event::SequenceEnd {
                let span = self.collection_span(start, span, items.last().map(|item: &Node| item.span));
                return Ok(Node::new(NodeValue::Sequence(items), span));
            }
            items.push(self.node(event, span, depth + 1)?);
        }
    }

    fn mapping(&mut self, start: Span, depth: usize) -> Result<Node, Failure> {
        let mut mapping = Mapping::default();
        let mut merged = Vec::new();
        let mut first_keys: HashMap<String, Span> = HashMap::new();
        let mut last = None;
        loop {
            let (event, span) = self.next()?;
            if event == Event::MappingEnd {
                self.merge(&mut mapping, merged);
                let span = self.collection_span(start, span, last);
                return Ok(Node::new(NodeValue::Mapping(mapping), span));
            }
            let is_merge = matches!(&event, Event::Scalar(text, ScalarStyle::Plain, _, None) if text == "<<");
            let key = self.node(event, span, depth + 1)?;
            let (event, span) = self.next()?;
            let value = self.node(event, span, depth + 1)?;
            last = Some(key.span.to(value.span));
            if is_merge {
                merged.push(value);
                continue;
            }
            let Some(text) = key_text(&key) else {
                let problem = self.failure(format!("{} cannot be a key", key.kind()), key.span);
                self.problems.push(problem.hint("quote values that begin with `{{`"));
                continue;
            };
            if let Some(first) = first_keys.insert(text.clone(), key.span) {
                let problem = Diagnostic::error(&rule::DUPLICATE_KEY, format!("the key `{text}` is here twice"))
                    .at(self.file.location(key.span))
                    .related(self.file.location(first), "first here")
                    .hint("remove one of them");
                self.problems.push(problem);
                continue;
            }
            mapping.push(Entry { key: text, key_span: key.span, value });
        }
    }

    /// `<<`: what the mapping does not say itself comes from the merged ones, the first of them first.
    fn merge(&mut self, mapping: &mut Mapping, merged: Vec<Node>) {
        for node in merged {
            let span = node.span;
            let sources = match node.value {
                NodeValue::Sequence(items) => items,
                _ => vec![node],
            };
            for source in sources {
                let NodeValue::Mapping(source) = source.value else {
                    let problem = self.failure("`<<` merges mappings only", span);
                    self.problems.push(problem);
                    continue;
                };
                for entry in source.entries() {
                    if mapping.entry(&entry.key).is_none() {
                        mapping.push(entry.clone());
                    }
                }
            }
        }
    }

    /// From the first to the last byte of what is in a collection: the end that the parser gives for a block is where
    /// the next thing begins.
    fn collection_span(&self, start: Span, end: Span, last: Option<Span>) -> Span {
        let flow = self.file.text()[start.start..].starts_with(['[', '{']);
        match last {
            _ if flow => Span::new(start.start, end.end),
            // An alias' span lies before its use.
            Some(last) => Span::new(start.start, last.end.max(start.start)),
            None => start,
        }
    }

    fn failure(&self, message: impl Into<String>, span: Span) -> Diagnostic {
        Diagnostic::error(&rule::YAML_SYNTAX, message).at(self.file.location(span))
    }

    fn syntax_error(&self, marker: Marker, info: &str) -> Failure {
        let at = self.offset(marker);
        let problem = self.failure(format!("this is not YAML: {info}"), Span::at(at));
        let line = self.file.text().get(self.file.line_start(marker.line())..).unwrap_or_default();
        let line = line.lines().next().unwrap_or_default();
        Box::new(if line.contains('\t') && (info.contains("tab") || line.trim_start_matches(' ').starts_with('\t')) {
            problem.hint("indent with spaces: YAML does not allow tabs")
        } else if line.contains(": {{") || line.contains("- {{") {
            problem.hint("quote values that begin with `{{`")
        } else if let Some(hint) = inside_braces(line) {
            problem.hint(hint)
        } else if line.contains(": ") && line.matches(": ").count() > 1 && !line.contains('{') {
            problem.hint("quote values that contain `: `")
        } else {
            problem
        })
    }
}

/// What to quote in `{key: value, …}`: there a value ends at a comma or brace, wherever it stands.
fn inside_braces(line: &str) -> Option<String> {
    let inside = &line[line.find('{')? + 1..];
    if let Some(start) = inside.find("${") {
        let reference = &inside[start..=start + inside[start..].find('}')?];
        return Some(format!("inside `{{ }}`, quote what has braces: \"{reference}\""));
    }
    for call in ["source(", "ref("] {
        if let Some(start) = inside.find(call).filter(|start| !inside[..*start].ends_with(['"', '\''])) {
            let call = &inside[start..=start + inside[start..].find(')')?];
            return call.contains(',').then(|| format!("inside `{{ }}`, quote what has commas: \"{call}\""));
        }
    }
    None
}

/// How long the text of a scalar is: the parser's end is where the next token begins, past spaces and comments.
fn scalar_length(text: &str, style: ScalarStyle) -> usize {
    let trimmed = text.trim_end().len();
    let end = match style {
        ScalarStyle::SingleQuoted => {
            let mut rest = text.get(1..).unwrap_or_default();
            // `''` is a quote inside.
            while let Some(at) = rest.find("''") {
                match rest.find('\'') {
                    Some(first) if first < at => break,
                    _ => rest = &rest[at + 2..],
                }
            }
            rest.find('\'').map(|at| text.len() - rest.len() + at + 1)
        }
        ScalarStyle::DoubleQuoted => {
            let mut escaped = false;
            let closing = text.char_indices().skip(1).find(|(_, character)| {
                let closes = *character == '"' && !escaped;
                escaped = *character == '\\' && !escaped;
                closes
            });
            closing.map(|(at, _)| at + 1)
        }
        _ => None,
    };
    end.unwrap_or(trimmed)
}

fn key_text(key: &Node) -> Option<String> {
    match &key.value {
        NodeValue::Text(text, _) | NodeValue::Number(_, text) => Some(text.clone()),
        NodeValue::Bool(value) => Some(value.to_string()),
        NodeValue::Null => Some("null".to_owned()),
        NodeValue::Sequence(_) | NodeValue::Mapping(_) => None,
    }
}

fn count(node: &Node) -> usize {
    1 + match &node.value {
        NodeValue::Sequence(items) => items.iter().map(count).sum(),
        NodeValue::Mapping(mapping) => mapping.entries().iter().map(|entry| count(&entry.value)).sum(),
        _ => 0,
    }
}
