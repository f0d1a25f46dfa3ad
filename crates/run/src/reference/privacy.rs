//! The page of classes, treatments and canonical forms.
use std::fmt::Write as _;

use ade_privacy::{CanonicalForm, Class, Classes, Treatment};

use super::{GENERATED, cell};

/// `docs/reference/privacy.md`.
pub(super) fn markdown() -> String {
    let mut out = format!("# Privacy\n\n{GENERATED} How to use it: [the guide](../guide/privacy.md).\n");
    out.push_str("\n## Classes\n\n| class | for | default treatment |\n|---|---|---|\n");
    let classes = Classes::builtin();
    for class in Class::BUILTIN {
        let treatment = classes.treatment(&class).map(ToString::to_string).unwrap_or_default();
        let _ = writeln!(out, "| `{class}` | {} | {treatment} |", cell(class.description()));
    }
    out.push_str("\n## Treatments\n\n| treatment | what it does | settings |\n|---|---|---|\n");
    for name in Treatment::NAMES {
        let settings: Vec<String> = Treatment::setting_names(name).iter().map(|name| format!("`{name}`")).collect();
        let _ = writeln!(out, "| `{name}` | {} | {} |", cell(Treatment::description(name)), settings.join(", "));
    }
    out.push_str(
        "\n## Canonical forms\n\nBefore a value is hashed for a `pseudonym` it is brought into the form of its domain, so that what is \
         the same to a person is the same pseudonym. The domain decides the form; `form:` overrides it. \
         A form, once released, does not change.\n\n| form | domains | what it does |\n|---|---|---|\n",
    );
    for (name, form) in CanonicalForm::NAMES {
        let domains: Vec<String> = form.domains().iter().map(|name| format!("`{name}`")).collect();
        let domains = if form == CanonicalForm::Text { "all others".to_owned() } else { domains.join(", ") };
        let _ = writeln!(out, "| `{name}` | {domains} | {} |", cell(form.description()));
    }
    out
}

#[cfg(test)]
mod tests {
    use ade_privacy::Class;

    #[test]
    fn a_project_may_name_every_class_that_can_be_treated() {
        let treated: Vec<String> = Class::BUILTIN.iter().map(|class| class.name().to_owned()).collect();
        assert_eq!(ade_project::BUILT_IN_CLASSES.map(str::to_owned).to_vec(), treated);
    }
}
