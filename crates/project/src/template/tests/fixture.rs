//! A small world for templates.

use ade_diagnostic::{Diagnostic, SourceFile};
use serde_json::{Map, Value as Json, json};

use crate::template::{
    Column, CompileContext, Compiled, LookupError, NodeContext, Parsed, QueryTable, Reference, RelationKind, Target,
    Template, TemplateRelation, TemplateSet, TemplateSettings,
};

/// Macros, settings and a node; `models/model.sql` is the template's file.
pub(super) struct Fixture {
    pub(super) set: TemplateSet,
    pub(super) settings: TemplateSettings,
    pub(super) node: NodeContext,
    pub(super) problems: Vec<Diagnostic>,
}

/// Every ref and source exists, but for `nothing`; `orders` has columns and rows.
#[derive(Default)]
pub(super) struct World {
    pub(super) incremental: bool,
}

impl CompileContext for World {
    fn reference(&self, reference: &Reference) -> Result<TemplateRelation, LookupError> {
        match reference.name.as_str() {
            "order" => Err(LookupError::unknown("model", "order", ["orders", "customers"])),
            "ephemeral" => Ok(TemplateRelation::ephemeral("ephemeral")),
            name => Ok(TemplateRelation::new("main", name)),
        }
    }

    fn source(&self, source: &str, table: &str) -> Result<TemplateRelation, LookupError> {
        Ok(TemplateRelation::new(source, table))
    }

    fn is_incremental(&self) -> bool {
        self.incremental
    }

    fn existing(&self, relation: &TemplateRelation) -> Result<Option<TemplateRelation>, LookupError> {
        Ok((relation.identifier != "nothing").then(|| relation.clone().with_kind(RelationKind::Table)))
    }

    fn columns(&self, _: &TemplateRelation) -> Result<Vec<Column>, LookupError> {
        Ok(vec![column("id", "bigint"), column("Status", "varchar"), column("amount", "decimal(12,2)")])
    }

    fn query(&self, sql: &str) -> Result<QueryTable, LookupError> {
        if sql.contains("broken") {
            return Err(LookupError::new("there is no table `broken`"));
        }
        let rows = vec![vec![json!("new"), json!(2)], vec![json!("paid"), json!(1)]];
        Ok(QueryTable { columns: vec![column("status", "varchar"), column("n", "bigint")], rows })
    }

    fn batch_id(&self) -> Option<String> {
        self.incremental.then(|| "0190".to_owned())
    }
}

fn column(name: &str, data_type: &str) -> Column {
    Column { name: name.to_owned(), data_type: data_type.to_owned() }
}

impl Fixture {
    pub(super) fn new() -> Self {
        Self::with_macros("")
    }

    /// The text of `macros/shop.sql`.
    pub(super) fn with_macros(macros: &str) -> Self {
        let mut settings = TemplateSettings::new("shop", Target::new("dev", "main"));
        settings.vars.insert("cutoff".to_owned(), json!("2024-01-01"));
        settings.vars.insert("methods".to_owned(), json!(["card", "cash"]));
        settings.env_vars.insert("REGION".to_owned(), "eu".to_owned());
        settings.run_started_at = "2024-05-06T07:08:09Z".parse().unwrap();
        let node = NodeContext {
            this: Some(TemplateRelation::new("main", "model")),
            config: Map::from_iter([("materialized".to_owned(), json!("incremental"))]),
            model: Map::from_iter([("name".to_owned(), json!("model"))]),
        };
        let mut fixture = Self { set: TemplateSet::new("shop"), settings, node, problems: Vec::new() };
        fixture.add("shop", "macros/shop.sql", macros);
        fixture
    }

    pub(super) fn add(&mut self, package: &str, path: &str, text: &str) {
        let problems = self.set.add_file(package, &SourceFile::new(path, text));
        self.problems.extend(problems);
    }

    pub(super) fn template(text: &str) -> Result<Template, Box<Diagnostic>> {
        Template::parse(&SourceFile::new("models/model.sql", text))
    }

    pub(super) fn compile(&self, text: &str, world: &World) -> Result<Compiled, Box<Diagnostic>> {
        self.set.compile(&Self::template(text)?, &self.settings, &self.node, world)
    }

    /// The text, or the failure in one line.
    pub(super) fn text(&self, text: &str) -> String {
        self.compile(text, &World::default()).map_or_else(|problem| show(&problem), |compiled| compiled.text)
    }

    pub(super) fn parse(&self, text: &str) -> Parsed {
        self.parse_template(&Self::template(text).unwrap())
    }

    pub(super) fn parse_template(&self, template: &Template) -> Parsed {
        self.set.parse(template, &self.settings, &self.node)
    }

    pub(super) fn evaluate(&self, text: &str) -> Json {
        self.set.evaluate(&Self::template(text).unwrap(), &self.settings, &self.node).unwrap()
    }
}

/// `file:line:column «text» message (hints) [related]`.
pub(super) fn show(problem: &Diagnostic) -> String {
    let place = problem.location.as_ref().map_or_else(String::new, |place| format!("{place} «{}» ", place.text()));
    let hints = problem.hints.iter().map(|hint| format!(" ({hint})")).collect::<Vec<_>>().concat();
    let related = problem
        .related
        .iter()
        .map(|other| format!(" [{} {}]", other.location, other.label))
        .collect::<Vec<_>>()
        .concat();
    format!("{place}{}: {}{hints}{related}", problem.id(), problem.message)
}
