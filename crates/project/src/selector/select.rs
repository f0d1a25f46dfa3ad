//! Carries a selection out over a graph.

use std::collections::BTreeSet;

use ade_diagnostic::{Diagnostic, SourceFile, Span, did_you_mean, rule, suggest};

use crate::file::{CheckConfig, ModelConfig, SeedConfig, SourceConfig};
use crate::fingerprint::PlanDiff;
use crate::graph::{Graph, Node};
use crate::yaml::Shape;
use crate::{NodeId, NodeKind};

use super::criterion::Criterion;
use super::method::Method;
use super::parse::{self, Union};
use super::{IndirectSelection, Selection};

/// What is asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct SelectRequest<'a> {
    /// The arguments of `--select`; none of them means everything.
    pub select: &'a [String],
    /// The arguments of `--exclude`.
    pub exclude: &'a [String],
    /// The root project's name, for `package:this`.
    pub project: &'a str,
    /// The difference to an earlier state, for `state:`.
    pub state: Option<&'a PlanDiff>,
    /// Which tests come along.
    pub indirect: IndirectSelection,
}

/// The nodes that a request is about. Fails with all mistakes in its arguments; a criterion that matches nothing, or an
/// intersection of some that is empty, is a warning in the answer.
pub fn select(graph: &Graph, request: &SelectRequest<'_>) -> Result<Selection, Vec<Diagnostic>> {
    let select_file = SourceFile::new("--select", request.select.join(" "));
    let exclude_file = SourceFile::new("--exclude", request.exclude.join(" "));
    if !request.select.is_empty() && select_file.text().trim().is_empty() {
        // A variable of a shell that is not set must not mean everything.
        let problem = Diagnostic::error(&rule::INVALID_SELECTOR, "the selection is empty").at(select_file.top());
        return Err(vec![problem.hint("name what to select, or leave `--select` out for everything")]);
    }
    let (included, excluded) = match (parse::parse(&select_file), parse::parse(&exclude_file)) {
        (Ok(included), Ok(excluded)) => (included, excluded),
        (included, excluded) => return Err([included.err(), excluded.err()].into_iter().flatten().flatten().collect()),
    };
    let picker = Picker { graph, request };
    let mut problems = Vec::new();
    for (file, union) in [(&select_file, &included), (&exclude_file, &excluded)] {
        for criterion in union.iter().flatten() {
            problems.extend(picker.wrong_value(criterion).map(|problem| problem.at(file.location(criterion.span))));
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut nodes = if request.select.is_empty() {
        graph.nodes().map(|node| node.id.clone()).collect()
    } else {
        picker.union(&included)
    };
    let gone = picker.union(&excluded);
    nodes.retain(|id| !gone.contains(id));
    let mut warnings = Vec::new();
    for (file, union) in [(&select_file, &included), (&exclude_file, &excluded)] {
        for all in union {
            let unmatched: Vec<&Criterion> =
                all.iter().filter(|criterion| picker.matching(criterion).is_empty()).collect();
            let of_each = unmatched.iter().map(|criterion| {
                picker.nothing(criterion, file.slice(criterion.span)).at(file.location(criterion.span))
            });
            warnings.extend(of_each);
            if unmatched.is_empty() && picker.intersection(all).is_empty() {
                let (first, last) = (all.first().map(|one| one.span), all.last().map(|one| one.span));
                let span = first.zip(last).map_or(Span::at(0), |(first, last)| Span::new(first.start, last.end));
                let message = format!("`{}` selects nothing: no node is in all of them", file.slice(span));
                warnings.push(Diagnostic::warning(&rule::UNKNOWN_SELECTION, message).at(file.location(span)));
            }
        }
    }
    Ok(Selection { nodes, warnings })
}

struct Picker<'a> {
    graph: &'a Graph,
    request: &'a SelectRequest<'a>,
}

impl Picker<'_> {
    fn union(&self, union: &Union) -> BTreeSet<NodeId> {
        union.iter().flat_map(|all| self.intersection(all)).collect()
    }

    fn intersection(&self, all: &[Criterion]) -> BTreeSet<NodeId> {
        let mut sets = all.iter().map(|criterion| self.criterion(criterion));
        let first = sets.next().unwrap_or_default();
        sets.fold(first, |left, right| left.intersection(&right).cloned().collect())
    }

    /// All that one criterion selects, with what its operators and the tests bring.
    fn criterion(&self, criterion: &Criterion) -> BTreeSet<NodeId> {
        let mut selected = self.matching(criterion);
        let mut around = BTreeSet::new();
        for id in &selected {
            if let Some(depth) = criterion.parents {
                around.append(&mut self.graph.ancestors(id.as_str(), depth));
            }
            if let Some(depth) = criterion.children {
                around.append(&mut self.graph.descendants(id.as_str(), depth));
            }
        }
        if criterion.childrens_parents {
            for id in &selected {
                around.append(&mut self.graph.descendants(id.as_str(), None));
            }
            let below: Vec<NodeId> = around.iter().chain(&selected).cloned().collect();
            for id in below {
                around.append(&mut self.graph.ancestors(id.as_str(), None));
            }
        }
        selected.append(&mut around);
        self.add_tests(selected)
    }

    fn matching(&self, criterion: &Criterion) -> BTreeSet<NodeId> {
        let Criterion { method, value, .. } = criterion;
        let matches = |node: &&Node| method.matches(node, value, self.request.project, self.request.state);
        self.graph.nodes().filter(matches).map(|node| node.id.clone()).collect()
    }

    fn add_tests(&self, mut selected: BTreeSet<NodeId>) -> BTreeSet<NodeId> {
        let upstream: BTreeSet<NodeId> = match self.request.indirect {
            IndirectSelection::Empty => return selected,
            IndirectSelection::Buildable => {
                selected.iter().flat_map(|id| self.graph.ancestors(id.as_str(), None)).collect()
            }
            IndirectSelection::Eager | IndirectSelection::Cautious => BTreeSet::new(),
        };
        let joins = |node: &&Node| {
            let parents = || self.graph.parents(node.id.as_str()).map(|parent| &parent.id);
            // Without any selected parent a test is not about the selection, whatever else it reads.
            if node.kind != NodeKind::Test || !parents().any(|id| selected.contains(id)) {
                return false;
            }
            self.request.indirect == IndirectSelection::Eager
                || parents().all(|id| selected.contains(id) || upstream.contains(id))
        };
        let tests: Vec<NodeId> = self.graph.nodes().filter(joins).map(|node| node.id.clone()).collect();
        selected.extend(tests);
        selected
    }

    /// A value that its method can never match, or a state that nobody gave.
    fn wrong_value(&self, criterion: &Criterion) -> Option<Diagnostic> {
        let known = criterion.method.known_values()?;
        if !known.contains(&criterion.value.as_str()) {
            let message = format!("`{}` is not a value of this method", criterion.value);
            let hint = did_you_mean(&criterion.value, known.iter().copied());
            let hint = hint.unwrap_or_else(|| format!("values are {}", known.join(", ")));
            return Some(Diagnostic::error(&rule::INVALID_SELECTOR, message).hint(hint));
        }
        if criterion.method == Method::State && self.request.state.is_none() {
            let message = "`state:` needs an earlier state to compare with";
            return Some(
                Diagnostic::error(&rule::INVALID_SELECTOR, message).hint("build the project once in this environment"),
            );
        }
        None
    }

    /// That nothing matches, with what was meant perhaps; `written` is the criterion with its method and operators.
    fn nothing(&self, criterion: &Criterion, written: &str) -> Diagnostic {
        let value = &criterion.value;
        let warning = Diagnostic::warning(&rule::UNKNOWN_SELECTION, format!("`{written}` selects nothing"));
        match &criterion.method {
            Method::State => {
                return Diagnostic::warning(&rule::UNKNOWN_SELECTION, format!("no node is in the state `{value}`"));
            }
            Method::Config(keys) => return keys.first().map_or(warning.clone(), |key| self.no_config(warning, key)),
            _ => {}
        }
        let candidates = self.candidates(&criterion.method);
        let same_elsewhere = (criterion.method == Method::Fqn).then(|| self.with_method(value)).flatten();
        match same_elsewhere {
            Some(hint) => warning.hint(hint),
            None => match suggest(value, candidates.iter().map(String::as_str)) {
                // The same method and operators around it.
                Some(candidate) => match written.rfind(value.as_str()) {
                    Some(at) => {
                        let (before, after) = (&written[..at], &written[at + value.len()..]);
                        warning.hint(format!("did you mean `{before}{candidate}{after}`?"))
                    }
                    None => warning.hint(format!("did you mean `{candidate}`?")),
                },
                None => warning,
            },
        }
    }

    /// Says so when there is no such key of configuration at all.
    fn no_config(&self, warning: Diagnostic, key: &str) -> Diagnostic {
        if self.graph.nodes().any(|node| node.config.contains_key(key)) {
            return warning;
        }
        let shapes = [
            Shape::of::<ModelConfig>(),
            Shape::of::<SeedConfig>(),
            Shape::of::<SourceConfig>(),
            Shape::of::<CheckConfig>(),
        ];
        if shapes.iter().any(|shape| shape.has_key(key)) {
            return warning;
        }
        let message = format!("{}: there is no configuration `{key}`", warning.message);
        Diagnostic { message, ..warning }.suggestion(key, shapes.iter().flat_map(Shape::keys))
    }

    /// A plain name that is a source's, an exposure's, a tag's or a folder's.
    fn with_method(&self, value: &str) -> Option<String> {
        for (method, word) in [(Method::Source, "source"), (Method::Exposure, "exposure"), (Method::Tag, "tag")] {
            let any = self.graph.nodes().any(|node| method.matches(node, value, self.request.project, None));
            if any {
                return Some(format!("did you mean `{word}:{value}`?"));
            }
        }
        let table = self.graph.nodes().find(|node| node.kind == NodeKind::Source && node.name == value)?;
        Some(format!("did you mean `{}`?", source_name(table)))
    }

    /// Values that would match something.
    fn candidates(&self, method: &Method) -> BTreeSet<String> {
        let nodes = self.graph.nodes();
        let of_kind = |kind: NodeKind| self.graph.nodes().filter(move |node| node.kind == kind);
        match method {
            Method::Fqn => nodes
                .filter(|node| node.kind != NodeKind::Exposure)
                .map(|node| if node.kind == NodeKind::Source { source_name(node) } else { node.name.clone() })
                .collect(),
            Method::Tag => nodes.flat_map(|node| node.tags.iter().cloned()).collect(),
            Method::Package => nodes.map(|node| node.package.clone()).collect(),
            Method::TestName => nodes.filter_map(|node| node.test_name.clone()).collect(),
            Method::Path => {
                let folders = |path: &str| {
                    path.match_indices('/')
                        .map(|(at, _)| path[..at].to_owned())
                        .chain([path.to_owned()])
                        .collect::<Vec<_>>()
                };
                nodes.flat_map(|node| folders(&node.path)).collect()
            }
            Method::File => nodes.filter_map(|node| node.path.rsplit('/').next().map(str::to_owned)).collect(),
            Method::Source => {
                let tables = of_kind(NodeKind::Source).map(source_name);
                tables.flat_map(|name| [name.split('.').next().unwrap_or_default().to_owned(), name]).collect()
            }
            Method::Exposure => of_kind(NodeKind::Exposure).map(|node| node.name.clone()).collect(),
            Method::Facet(facet) => nodes.filter_map(|node| node.facets.get(*facet).cloned()).collect(),
            Method::ResourceType | Method::TestType | Method::State | Method::Config(_) => BTreeSet::new(),
        }
    }
}

fn source_name(table: &Node) -> String {
    table.fqn[table.fqn.len().saturating_sub(2)..].join(".")
}

#[cfg(test)]
mod tests;
