//! Templates to SQL.

use std::collections::BTreeSet;

use ade_diagnostic::{Diagnostic, Location, SourceFile, rule};
use serde_json::{Value, json};

use crate::load::{ReferenceText, check_context, macro_arguments, macro_name, parse_reference};
use crate::resource::{Check, CheckKind, Materialization, Model};
use crate::template::{
    Argument, CompileContext, Compiled, LookupError, NodeContext, Reference, Template, TemplateRelation, Uses,
};
use crate::{NodeId, Project};

impl Project {
    /// The SQL of a model, or of a check that is a file or a macro of the project. Ephemeral models that it refers to are
    /// common table expressions of it. Fails for nodes without a template (sources, seeds, built-in checks).
    pub fn compile(&self, id: &NodeId, world: &dyn CompileContext) -> Result<Compiled, Box<Diagnostic>> {
        let compiled = self.compile_alone(id, world)?;
        self.with_ephemeral(compiled, world)
    }

    /// A text that belongs to a node, or to none: a hook. It is rendered as if it stood at `location`.
    pub fn compile_text(
        &self,
        text: &str,
        location: &Location,
        node: Option<&NodeId>,
        world: &dyn CompileContext,
    ) -> Result<Compiled, Box<Diagnostic>> {
        let context = node.map(|id| self.node_context(id)).unwrap_or_default();
        let compile = |template: &Template| self.inner.macros.compile(template, &self.inner.settings, &context, world);
        let compiled = if let Some(start) = location.text().find(text) {
            let span = location.inner((start..start + text.len()).into()).span();
            compile(&Template::parse_part(location.file(), span)?)?
        } else {
            // What YAML folded or escaped is not in the file as it is: the whole of it is pointed at.
            let relocate = |mut problem: Box<Diagnostic>| {
                problem.location = Some(location.clone());
                problem
            };
            let template = Template::parse(&SourceFile::new(location.path(), text)).map_err(relocate)?;
            compile(&template).map_err(relocate)?
        };
        self.with_ephemeral(compiled, world)
    }

    /// What templates may know of a node: `this`, `config`, `model`.
    pub fn node_context(&self, id: &NodeId) -> NodeContext {
        if let Some(model) = self.models.get(id) {
            return self.model_context(model);
        }
        if let Some(check) = self.checks.get(id) {
            return check_context(check, &self.name);
        }
        let this = self.relation(id).map(TemplateRelation::of);
        let about = json!({ "unique_id": id.as_str(), "name": id.name(), "resource_type": id.kind().as_str() });
        NodeContext { this, model: object(about), ..NodeContext::default() }
    }

    fn model_context(&self, model: &Model) -> NodeContext {
        let columns: serde_json::Map<String, Value> = model
            .columns
            .iter()
            .map(|column| {
                let about = json!({
                    "name": column.name, "description": column.description, "data_type": column.data_type,
                    "meta": column.meta, "tags": column.tags,
                });
                (column.name.clone(), about)
            })
            .collect();
        let reads: Vec<&str> = self.graph.parents(model.id.as_str()).map(|node| node.id.as_str()).collect();
        let about = json!({
            "unique_id": model.id.as_str(), "name": model.name, "resource_type": "model", "package_name": self.name,
            "fqn": model.fqn, "path": model.path_in_folder(), "original_file_path": model.path(), "schema": model.relation.schema,
            "alias": model.relation.table, "description": model.description, "tags": model.tags, "meta": model.meta,
            "columns": columns, "config": model.config, "raw_code": model.file.text(), "depends_on": {"nodes": reads},
        });
        NodeContext {
            this: Some(TemplateRelation::of(&model.relation)),
            config: model.config.clone(),
            model: object(about),
        }
    }

    fn compile_alone(&self, id: &NodeId, world: &dyn CompileContext) -> Result<Compiled, Box<Diagnostic>> {
        if let Some(Check { kind: CheckKind::Generic { name, .. }, .. }) = self.checks.get(id) {
            return self.compile_generic(&self.checks[id], name, world);
        }
        let Some(template) = self.inner.templates.get(id) else {
            let message = format!("`{id}` has no SQL to compile");
            return Err(Box::new(Diagnostic::error(&rule::TEMPLATE_ERROR, message)));
        };
        self.inner.macros.compile(template, &self.inner.settings, &self.node_context(id), world)
    }

    fn compile_generic(
        &self,
        check: &Check,
        name: &str,
        world: &dyn CompileContext,
    ) -> Result<Compiled, Box<Diagnostic>> {
        let relation_of = |text: &str| match parse_reference(text)? {
            ReferenceText::Ref(reference) => world.reference(&reference).ok(),
            ReferenceText::Source(source, table) => world.source(&source, &table).ok(),
        };
        let arguments = macro_arguments(check, relation_of);
        let arguments: Vec<(&str, Argument)> =
            arguments.iter().map(|(key, value)| (key.as_str(), value.clone())).collect();
        let context = check_context(check, &self.name);
        let called = self.inner.macros.call(&macro_name(name), &arguments, &self.inner.settings, &context, Some(world));
        called.unwrap_or_else(|| {
            let message = format!("there is no data test `{name}`");
            Err(Box::new(Diagnostic::error(&rule::UNKNOWN_CHECK, message).at(check.origin.clone())))
        })
    }

    /// Puts the ephemeral models that a statement reads before it, those that others read first.
    fn with_ephemeral(&self, compiled: Compiled, world: &dyn CompileContext) -> Result<Compiled, Box<Diagnostic>> {
        let mut expressions = Vec::new();
        self.ephemeral(&compiled.uses, world, &mut BTreeSet::new(), &mut expressions)?;
        Ok(compiled.with_ctes(expressions))
    }

    fn ephemeral(
        &self,
        uses: &Uses,
        world: &dyn CompileContext,
        seen: &mut BTreeSet<NodeId>,
        expressions: &mut Vec<(String, Compiled)>,
    ) -> Result<(), Box<Diagnostic>> {
        for used in &uses.refs {
            let Ok(id) = self.reference(&used.reference) else { continue };
            let Some(model) = self.models.get(id) else { continue };
            if model.materialized != Materialization::Ephemeral || !seen.insert(id.clone()) {
                continue;
            }
            let compiled = self.compile_alone(id, world)?;
            self.ephemeral(&compiled.uses, world, seen, expressions)?;
            let name = TemplateRelation::ephemeral(&model.name).identifier;
            expressions.push((name, compiled));
        }
        Ok(())
    }

    /// The relation that a `ref()` prints: the node's own, or the common table expression of an ephemeral model. What an
    /// implementation of [`CompileContext::reference`] gives when it has nothing to add.
    pub fn reference_relation(&self, reference: &Reference) -> Result<TemplateRelation, LookupError> {
        let id = self.reference(reference)?;
        if let Some(model) = self.models.get(id).filter(|model| model.materialized == Materialization::Ephemeral) {
            return Ok(TemplateRelation::ephemeral(&model.name));
        }
        self.template_relation(id)
    }

    /// The relation that a `source()` prints.
    pub fn source_relation(&self, source: &str, table: &str) -> Result<TemplateRelation, LookupError> {
        self.template_relation(self.source(source, table)?)
    }

    fn template_relation(&self, id: &NodeId) -> Result<TemplateRelation, LookupError> {
        let relation = self.relation(id).ok_or_else(|| LookupError::new(format!("`{id}` has no table")))?;
        Ok(TemplateRelation::of(relation))
    }
}

/// The project by itself as the world of its templates: names are known, nothing has been built.
impl CompileContext for Project {
    fn reference(&self, reference: &Reference) -> Result<TemplateRelation, LookupError> {
        self.reference_relation(reference)
    }

    fn source(&self, source: &str, table: &str) -> Result<TemplateRelation, LookupError> {
        self.source_relation(source, table)
    }

    fn document(&self, _package: Option<&str>, name: &str) -> Option<String> {
        self.document(name).map(str::to_owned)
    }
}

fn object(value: Value) -> serde_json::Map<String, Value> {
    match value {
        Value::Object(entries) => entries,
        _ => serde_json::Map::new(),
    }
}
