//! The properties files: everything that YAML says about resources.

use std::collections::HashMap;
use std::sync::Arc;

use ade_diagnostic::{Diagnostic, Diagnostics, Location, SourceFile, rule};

use super::root_files::decode_checked;
use super::yaml_templates::{Render, render_tree};
use crate::file::{
    ExposureDeclaration, GroupDeclaration, ModelDeclaration, PropertiesFile, SeedDeclaration, SingularTestDeclaration,
    SourceDeclaration,
};
use crate::yaml::{self, Node, Shape, Spanned};

/// A declaration and the file that it is in.
#[derive(Clone, Debug)]
pub(super) struct Declared<T> {
    pub(super) file: Arc<SourceFile>,
    pub(super) says: T,
}

/// All declarations of a project, in the order of their files.
#[derive(Debug, Default)]
pub(super) struct Declarations {
    pub(super) sources: Vec<Declared<SourceDeclaration>>,
    pub(super) models: HashMap<String, Declared<ModelDeclaration>>,
    pub(super) seeds: HashMap<String, Declared<SeedDeclaration>>,
    pub(super) exposures: Vec<Declared<ExposureDeclaration>>,
    pub(super) groups: HashMap<String, Declared<GroupDeclaration>>,
    pub(super) singular_tests: HashMap<String, Declared<SingularTestDeclaration>>,
}

/// Reads one properties file.
pub(super) fn read(file: &Arc<SourceFile>, shape: &Shape, render: &Render<'_>) -> (PropertiesFile, Diagnostics) {
    let mut problems = Diagnostics::new();
    let Some(mut tree) = yaml::read(file, &mut problems).filter(|tree| !tree.is_null()) else {
        return (PropertiesFile::default(), problems);
    };
    render_tree(&mut tree, file, render, &mut problems);
    let says = match yaml::validate(file, tree, shape, &mut problems) {
        Some(tree) => decode_checked(file, &tree, &mut problems),
        None => PropertiesFile::default(),
    };
    report_unsupported(file, &says, &mut problems);
    (says, problems)
}

fn report_unsupported(file: &Arc<SourceFile>, says: &PropertiesFile, problems: &mut Diagnostics) {
    let sections = [
        ("unit_tests", &says.unit_tests),
        ("functions", &says.functions),
        ("semantic_models", &says.semantic_models),
        ("metrics", &says.metrics),
        ("saved_queries", &says.saved_queries),
    ];
    for (name, section) in sections {
        if let Some(section) = section {
            let message = format!("`{name}` has no effect yet");
            let problem = Diagnostic::warning(&rule::UNSUPPORTED, message).at(file.location(first_line(file, section)));
            problems.push(problem.hint("everything else in this file is read"));
        }
    }
    if let Some(snapshots) = &says.snapshots {
        problems.push(snapshots_unsupported(file.location(first_line(file, snapshots))));
    }
}

/// Snapshots are declared as in dbt and not carried out yet.
pub(super) fn snapshots_unsupported(at: Location) -> Diagnostic {
    Diagnostic::error(&rule::UNSUPPORTED, "snapshots are not supported yet")
        .at(at)
        .hint("use an incremental model with a `unique_key`, or remove the snapshot from this project")
}

fn first_line(file: &Arc<SourceFile>, node: &Node) -> ade_diagnostic::Span {
    let length = file.slice(node.span).lines().next().map_or(0, str::len);
    ade_diagnostic::Span::new(node.span.start, node.span.start + length)
}

impl Declarations {
    /// Adds what a file says.
    pub(super) fn add(&mut self, file: &Arc<SourceFile>, says: PropertiesFile, problems: &mut Diagnostics) {
        let declared = |file: &Arc<SourceFile>| Arc::clone(file);
        self.sources.extend(says.sources.0.into_iter().map(|says| Declared { file: declared(file), says }));
        self.exposures.extend(says.exposures.0.into_iter().map(|says| Declared { file: declared(file), says }));
        add_all(&mut self.models, file, says.models.0, "model", |says| &says.name, problems);
        add_all(&mut self.seeds, file, says.seeds.0, "seed", |says| &says.name, problems);
        add_all(&mut self.groups, file, says.groups.0, "group", |says| &says.name, problems);
        let tests = says.data_tests.0.into_iter().chain(says.tests.0).collect();
        add_all(&mut self.singular_tests, file, tests, "data test", |says| &says.name, problems);
    }
}

fn add_all<T>(
    known: &mut HashMap<String, Declared<T>>,
    file: &Arc<SourceFile>,
    all: Vec<T>,
    what: &str,
    name: impl Fn(&T) -> &Spanned<String>,
    problems: &mut Diagnostics,
) {
    for says in all {
        let (word, location) = (name(&says).value.clone(), file.location(name(&says).span));
        if let Some(first) = known.get(&word) {
            let message = format!("the {what} `{word}` is described twice");
            let problem = Diagnostic::error(&rule::DUPLICATE_RESOURCE, message).at(location);
            problems.push(problem.related(first.file.location(name(&first.says).span), "first here"));
            continue;
        }
        known.insert(word, Declared { file: Arc::clone(file), says });
    }
}
