//! Exposures.

use ade_diagnostic::{Diagnostic, Diagnostics, rule};
use indexmap::IndexMap;

use super::columns;
use super::context::{self, Context};
use super::declarations::Declared;
use super::names::Names;
use super::reference_text;
use super::root_files::decode_checked;
use crate::file::{ExposureConfig, ExposureDeclaration};
use crate::resource::Exposure;
use crate::{NodeId, NodeKind};

/// All exposures.
pub(super) fn resolve(
    declared: &[Declared<ExposureDeclaration>],
    context: &Context<'_>,
    names: &Names,
    problems: &mut Diagnostics,
) -> IndexMap<NodeId, Exposure> {
    let mut all: IndexMap<NodeId, Exposure> = IndexMap::new();
    for declared in declared {
        let Some(exposure) = one(declared, context, names, problems) else { continue };
        if let Some(first) = all.get(&exposure.id) {
            let message = format!("the exposure `{}` is declared twice", exposure.name);
            let problem = Diagnostic::error(&rule::DUPLICATE_RESOURCE, message).at(exposure.origin);
            problems.push(problem.related(first.origin.clone(), "first here"));
            continue;
        }
        all.insert(exposure.id.clone(), exposure);
    }
    all
}

fn one(
    declared: &Declared<ExposureDeclaration>,
    context: &Context<'_>,
    names: &Names,
    problems: &mut Diagnostics,
) -> Option<Exposure> {
    let (file, says) = (&declared.file, &declared.says);
    let config: ExposureConfig =
        says.config.as_ref().map(|config| decode_checked(file, config, problems)).unwrap_or_default();
    if config.enabled == Some(false) {
        return None;
    }
    let mut depends_on = Vec::new();
    for reference in says.depends_on.iter() {
        match reference_text::resolve(&reference.value, names) {
            Ok((id, _)) => depends_on.push(id.clone()),
            Err(problem) => problems.push(problem.at(file.location(reference.span))),
        }
    }
    let mut tags = says.tags.0.clone();
    tags.extend(config.tags.0.into_iter().filter(|tag| !says.tags.contains(tag)));
    let mut meta = columns::meta(says.meta.as_ref());
    meta.extend(columns::meta(config.meta.as_ref()));
    Some(Exposure {
        id: NodeId::new(NodeKind::Exposure, &[context.project, &says.name.value]),
        name: says.name.value.clone(),
        label: says.label.clone(),
        kind: says.r#type.value.as_str().to_owned(),
        url: says.url.clone(),
        maturity: says.maturity.map(|maturity| maturity.as_str().to_owned()),
        owner: context::owner(&says.owner),
        description: context.docs.resolve(file, says.description.as_ref(), problems),
        tags,
        meta,
        depends_on,
        origin: file.location(says.name.span),
    })
}
