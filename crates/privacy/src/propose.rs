//! Proposals for a column's class, for a person to look through.
//!
//! The name, the type and a sample speak in this order of weight: values that pass a checksum or have an unmistakable
//! form; then the name in the common forms of several languages; then what the type allows. A proposal is
//! conservative: what may be about a person and is not recognised gets no class, and lands only after a person has
//! looked. Reasons speak of names, types and shares and never repeat a value.

mod documents;
mod name;
mod sample;

use arrow::{array::ArrayRef, datatypes::DataType};

use self::{name::Name, sample::Sample};
use crate::{Class, Classes, DataFamily, Kind, Treatment};

/// What is proposed for one column.
#[derive(Debug, Clone, PartialEq)]
pub struct Proposal {
    /// The class; `None` when a person must classify.
    pub class: Option<Class>,
    /// The treatment: the class's default, or one that fits the type where that does not.
    pub treatment: Option<Treatment>,
    /// How sure it is.
    pub confidence: Confidence,
    /// Why, in a sentence without any value.
    pub reason: String,
}

/// How sure a proposal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confidence {
    /// A guess, or no class at all.
    Low,
    /// Either the name or the values say so.
    Medium,
    /// Name and values say so, or values that cannot be anything else.
    High,
}

/// Share of the values from which text is taken to contain such forms.
const SOME: f64 = 0.02;

/// Proposes a class and treatment from a column's name, type and a sample of its values (a few hundred are plenty; none
/// are fine). The sample's type may differ from `data_type`, which is what will land.
pub fn propose(name: &str, data_type: &DataType, sample: &ArrayRef) -> Proposal {
    let name = Name::new(name);
    let sample = Sample::new(sample);
    let family = DataFamily::of(data_type);
    let (class, confidence, reason) = decide(&name, family, &sample);
    let treatment = class.as_ref().and_then(|class| treatment(class, data_type));
    Proposal { class, treatment, confidence, reason }
}

/// The kind that most values of a column are of, told by the values alone, and their share.
pub fn recognise(sample: &ArrayRef) -> Option<(Kind, f64)> {
    Sample::new(sample).kind()
}

type Decision = (Option<Class>, Confidence, String);

fn decide(name: &Name, family: DataFamily, sample: &Sample) -> Decision {
    if let Some(topic) = name.special_category() {
        let reason = format!("the name speaks of {topic}: it may be a special category of personal data");
        return (None, Confidence::Low, reason);
    }
    let named = name.sensitive(family);
    if let Some((kind, share)) = sample.kind().filter(|(kind, _)| !name.explains_away(*kind)) {
        let class = kind.class();
        let agrees = named.as_ref() == Some(&class);
        let percent = (share * 100.0).floor();
        let what = kind.description();
        let reason =
            format!("{percent} % of the sampled values are {what}{}", if agrees { ", as the name says" } else { "" });
        // Words and days may be something else: a name that says what they are wins.
        let is_soft = matches!(kind, Kind::PersonName | Kind::Place | Kind::DateOfBirth);
        return match named {
            // A password or token may look like anything: a name that says so wins.
            Some(Class::Secret) => (Some(Class::Secret), Confidence::High, "the name of a secret".to_owned()),
            Some(named) if is_soft && !agrees => by_name(named, sample),
            _ => (Some(class), if is_soft && !agrees { Confidence::Medium } else { Confidence::High }, reason),
        };
    }
    if let Some(class) = named {
        return by_name(class, sample);
    }
    if let Some(documents) = sample.documents() {
        if documents.found.is_empty() {
            return (None, Confidence::Low, "JSON documents: a person must look at what they hold".to_owned());
        }
        let reason = format!("JSON documents that hold {}", documents.found.join(", "));
        return (Some(Class::FreeText), Confidence::High, reason);
    }
    if let Some((what, _)) = sample.contains_forms(SOME) {
        return (Some(Class::FreeText), Confidence::High, format!("some of the sampled texts contain {what}"));
    }
    if name.is_identifier() && !matches!(family, DataFamily::Date | DataFamily::Timestamp | DataFamily::Float) {
        return (Some(Class::Identifier), Confidence::Medium, "the name says technical key".to_owned());
    }
    if name.is_key_or_hash() && family == DataFamily::Integer {
        return (Some(Class::Identifier), Confidence::Medium, "the name says technical key".to_owned());
    }
    by_type(name, family, sample)
}

fn by_name(class: Class, sample: &Sample) -> Decision {
    let fits = sample.is_empty() || sample.could_be(&class);
    let confidence = if fits { Confidence::Medium } else { Confidence::Low };
    let reason = if fits {
        format!("the name says {}", describe(&class))
    } else {
        format!("the name says {}, though the sampled values do not look like it", describe(&class))
    };
    (Some(class), confidence, reason)
}

fn by_type(name: &Name, family: DataFamily, sample: &Sample) -> Decision {
    let public = |confidence, reason: &str| (Some(Class::Public), confidence, reason.to_owned());
    let ask = |reason: &str| (None, Confidence::Low, format!("{reason}: a person must classify it"));
    match family {
        DataFamily::Boolean => public(Confidence::Medium, "a flag"),
        DataFamily::Timestamp => public(Confidence::Medium, "a point in time whose name speaks of no person"),
        DataFamily::Date if name.is_event_date() => public(Confidence::Medium, "the day of an event"),
        DataFamily::Date => ask("a date that the name does not explain (it could be a day of birth)"),
        DataFamily::Integer | DataFamily::Decimal | DataFamily::Float if name.is_measure() => {
            public(Confidence::Medium, "a number whose name says amount or count")
        }
        DataFamily::Integer | DataFamily::Decimal | DataFamily::Float => ask("a number that the name does not explain"),
        DataFamily::Text if name.is_event_date() && sample.are_dates() => {
            public(Confidence::Medium, "points in time, kept as text")
        }
        DataFamily::Text if sample.are_uuids() => {
            (Some(Class::Identifier), Confidence::Medium, "the sampled values are UUIDs".to_owned())
        }
        DataFamily::Text if name.is_key_or_hash() => ask("a key or hash, which may be a secret or stand for a person"),
        DataFamily::Text if name.is_free_text() && !sample.is_enumeration() => {
            (Some(Class::FreeText), Confidence::Medium, "the name says text that people type".to_owned())
        }
        DataFamily::Text if sample.is_prose() => {
            let reason = "the sampled texts are long, of many words and hardly repeat".to_owned();
            (Some(Class::FreeText), Confidence::Medium, reason)
        }
        DataFamily::Text if name.is_label() && sample.is_enumeration() => {
            public(Confidence::Medium, "a few short values that repeat, under a name for a kind or state")
        }
        DataFamily::Text => ask("text that neither its name nor its form explains"),
        _ => ask("a type whose content cannot be told from outside"),
    }
}

fn describe(class: &Class) -> String {
    class.name().replace('_', " ")
}

/// The class's default where it fits the type; else what comes closest: a number cannot be redacted, so it is emptied.
fn treatment(class: &Class, data_type: &DataType) -> Option<Treatment> {
    let classes = Classes::builtin();
    let default = classes.treatment(class).ok()?;
    let family = DataFamily::of(data_type);
    let fits = match default {
        Treatment::Pseudonym { .. } => !matches!(family, DataFamily::Boolean | DataFamily::Other),
        Treatment::Redact(_) => matches!(family, DataFamily::Text | DataFamily::Binary | DataFamily::Struct),
        Treatment::Truncate(truncate) => crate::transform::Transform::output(truncate, data_type).is_some(),
        _ => true,
    };
    Some(if fits { default.clone() } else { Treatment::Null })
}
