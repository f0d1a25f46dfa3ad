//! The JSON Schema of a declared type, ready to be held against nodes.
//!
//! Understands what `schemars` makes of our types: `$ref` into `$defs`, `type`, `properties`, `required`,
//! `additionalProperties`, `items`, `enum`, `const`, `anyOf`, `oneOf`, `allOf` with one part, `minimum`, `maximum`.

use std::collections::HashMap;

use indexmap::IndexMap;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::Value;

/// A compiled schema.
#[derive(Debug)]
pub struct Shape {
    pub(super) parts: Vec<Part>,
    pub(super) root: usize,
}

/// What one place of a file may hold. Other parts are named by their index, so that types may contain themselves.
#[derive(Clone, Debug, Default)]
pub(super) struct Part {
    /// What a mapping of this shape is called in messages, for instance `model`.
    pub(super) title: Option<String>,
    /// JSON Schema's type names; empty: all.
    pub(super) types: Vec<String>,
    /// The keys of a mapping.
    pub(super) properties: IndexMap<String, usize>,
    /// The keys that must be there.
    pub(super) required: Vec<String>,
    /// What other keys may hold.
    pub(super) additional: Additional,
    /// What the items of a list are.
    pub(super) items: Option<usize>,
    /// The allowed values; empty: all.
    pub(super) values: Vec<String>,
    /// One of these must fit; empty: nothing more is asked.
    pub(super) any_of: Vec<usize>,
    /// Bounds of a number.
    pub(super) minimum: Option<f64>,
    /// Bounds of a number.
    pub(super) maximum: Option<f64>,
}

#[derive(Clone, Debug, Default)]
pub(super) enum Additional {
    #[default]
    Anything,
    Nothing,
    Part(usize),
}

impl Shape {
    /// The shape of a type.
    pub fn of<T: JsonSchema>() -> Self {
        let schema = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<T>();
        Self::compile(schema.as_value())
    }

    fn compile(schema: &Value) -> Self {
        let mut compiler = Compiler { definitions: &schema["$defs"], parts: Vec::new(), known: HashMap::new() };
        let root = compiler.part(schema);
        Self { parts: compiler.parts, root }
    }

    /// The shape of what stands under a key of the root; the whole shape when there is no such key.
    pub fn has_key(&self, key: &str) -> bool {
        self.parts[self.root].properties.contains_key(key)
    }

    /// The keys of the root.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.parts[self.root].properties.keys().map(String::as_str)
    }
}

struct Compiler<'a> {
    definitions: &'a Value,
    parts: Vec<Part>,
    /// Parts of definitions, by name.
    known: HashMap<&'a str, usize>,
}

impl<'a> Compiler<'a> {
    fn part(&mut self, schema: &'a Value) -> usize {
        if let Some(name) = schema["$ref"].as_str().and_then(|path| path.strip_prefix("#/$defs/")) {
            if let Some(known) = self.known.get(name) {
                return *known;
            }
            let at = self.reserve();
            self.known.insert(name, at);
            self.fill(at, &self.definitions[name]);
            return at;
        }
        if let Some([only]) = schema["allOf"].as_array().map(Vec::as_slice) {
            return self.part(only);
        }
        let at = self.reserve();
        self.fill(at, schema);
        at
    }

    fn reserve(&mut self) -> usize {
        self.parts.push(Part::default());
        self.parts.len() - 1
    }

    fn fill(&mut self, at: usize, schema: &'a Value) {
        let mut part = Part { title: schema["title"].as_str().map(str::to_owned), ..Part::default() };
        part.types = texts(&schema["type"]);
        part.values = texts(&schema["enum"]);
        part.values.extend(texts(&schema["const"]));
        part.required = texts(&schema["required"]);
        part.minimum = schema["minimum"].as_f64();
        part.maximum = schema["maximum"].as_f64();
        for (key, value) in schema["properties"].as_object().into_iter().flatten() {
            let value = self.part(value);
            part.properties.insert(key.clone(), value);
        }
        part.additional = match &schema["additionalProperties"] {
            Value::Bool(false) => Additional::Nothing,
            other @ Value::Object(_) => Additional::Part(self.part(other)),
            _ => Additional::Anything,
        };
        if schema["items"].is_object() {
            part.items = Some(self.part(&schema["items"]));
        }
        for key in ["anyOf", "oneOf"] {
            for option in schema[key].as_array().into_iter().flatten() {
                let option = self.part(option);
                part.any_of.push(option);
            }
        }
        self.gather_values(&mut part);
        self.parts[at] = part;
    }

    /// An enum whose variants have descriptions is a `oneOf` of constants: one list of values says it better.
    fn gather_values(&self, part: &mut Part) {
        let constants = |index: &usize| !self.parts[*index].values.is_empty();
        if !part.any_of.is_empty() && part.any_of.iter().all(constants) {
            part.values = part.any_of.drain(..).flat_map(|index| self.parts[index].values.clone()).collect();
        }
    }
}

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::Bool(value) => vec![value.to_string()],
        Value::Number(number) => vec![number.to_string()],
        Value::Null | Value::Object(_) => Vec::new(),
    }
}
