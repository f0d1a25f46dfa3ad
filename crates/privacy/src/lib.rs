//! Classify columns and obfuscate Arrow batches under an environment's key.
//!
//! Sensitive data never comes to rest: between a connector and the lake every record batch walks through an
//! [`Obfuscator`]. What it does to a column is decided once, when it is made from a schema, a [`Policy`] and the
//! environment's [`Keyring`]; a treatment that does not fit a column's type, or a column that nobody has classified,
//! is an error *then*, before the first row is read. Rows cannot fail because of what they hold, and no error
//! text of this crate contains a value.
//!
//! How the parts come together:
//!
//! 1. [`Classes`] knows the built-in [`Class`]es and their default [`Treatment`]s, and those of the project.
//! 2. [`Policy::resolve`] gives every column of a table its class and treatment: from what the column itself
//!    declares ([`Declaration`]), then from the project's [`Rule`]s in order. The rest is listed as unclassified.
//! 3. [`Obfuscator::new`] checks that each treatment fits its column; [`Obfuscator::apply`] transforms batches.
//! 4. [`propose`] helps a person to classify: a class, a treatment and the reason from name, type and sample.
//!
//! ## Keys
//!
//! One 32-byte key for each environment. For each purpose and [`Domain`] a subkey is derived by HKDF-SHA-256
//! (RFC 5869), salt `ade privacy v1`, info `<purpose>/<domain>`; so equal values of one domain give the same pseudonym
//! in every table and source, and those of different domains cannot be joined.

mod canonical_form;
mod class;
mod classes;
mod column_policy;
mod data_family;
mod declaration;
mod description;
mod domain;
mod encryption;
mod error;
mod keyring;
mod keys;
mod kind;
mod known_as;
mod loss;
mod obfuscator;
mod policy;
mod propose;
mod pseudonym;
mod recognise;
mod rule;
mod seal;
mod setting;
mod suppression;
mod text;
mod transform;
mod treatment;

pub use canonical_form::CanonicalForm;
pub use class::Class;
pub use classes::Classes;
pub use column_policy::{ColumnPolicy, Origin};
pub use data_family::DataFamily;
pub use declaration::Declaration;
pub use domain::Domain;
pub use encryption::{decrypt, decrypt_text, key_id_of};
pub use error::PrivacyError;
pub use keyring::{KeyId, Keyring};
pub use keys::Keys;
pub use kind::Kind;
pub use known_as::KnownAs;
pub use loss::Loss;
pub use obfuscator::{Obfuscator, TreatedColumn};
pub use policy::{Policy, Unclassified};
pub use propose::{Confidence, Proposal, propose, recognise};
pub use pseudonym::pseudonym;
pub use rule::Rule;
pub use seal::{seal, seal_column, unseal};
pub use setting::{Setting, Settings};
pub use suppression::{Suppressions, Suppressor};
pub use transform::{Bucket, Mask, MaskPattern, Redact, Truncate, TruncateTo};
pub use treatment::Treatment;
