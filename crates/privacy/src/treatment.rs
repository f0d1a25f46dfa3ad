//! What is done to a column's values.

use std::fmt;

use crate::{Bucket, Domain, Mask, Redact, Truncate};

/// What is done to the values of a column. NULL stays NULL under every treatment.
///
/// Which treatments fit which types, and what type comes out, is fixed when an [`crate::Obfuscator`] is made:
///
/// | treatment | fits | result |
/// |---|---|---|
/// | `keep`, `null` | every type | same type |
/// | `drop` | every type | no column |
/// | `pseudonym`, `encrypt` | every type but booleans (structs and maps as their JSON) | text |
/// | `mask` | text, integers, decimals | text |
/// | `truncate` | by its kind: dates, timestamps; floats, decimals; text; integers (first digits) | same type; text for integers |
/// | `bucket` | integers, floats, decimals | same type (width), text (edges) |
/// | `redact` | text, binary, struct, map | text |
///
/// Lists are treated element by element.
#[derive(Debug, Clone, PartialEq)]
pub enum Treatment {
    /// As it is.
    Keep,
    /// The column does not land.
    Drop,
    /// The column lands with its type and no values.
    Null,
    /// 26 characters of lower-case base32: the first 130 bits of HMAC-SHA-256 over the value's canonical form, under
    /// the domain's subkey. The empty text stays empty.
    Pseudonym {
        /// Where equal values join.
        domain: Domain,
    },
    /// Deterministic AES-256-SIV (RFC 5297) of the value exactly as it is; see [`crate::decrypt`].
    Encrypt {
        /// Which subkey.
        domain: Domain,
    },
    /// A few characters remain, the others are replaced.
    Mask(Mask),
    /// The leading, coarser part remains.
    Truncate(Truncate),
    /// The range that a number is in.
    Bucket(Bucket),
    /// A marker in place of the text, or of what is sensitive in it.
    Redact(Redact),
}

impl Treatment {
    /// The word of every treatment, as project files write it.
    pub const NAMES: [&'static str; 9] =
        ["keep", "drop", "null", "pseudonym", "encrypt", "mask", "truncate", "bucket", "redact"];

    /// The word for it in project files.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::Drop => "drop",
            Self::Null => "null",
            Self::Pseudonym { .. } => "pseudonym",
            Self::Encrypt { .. } => "encrypt",
            Self::Mask(_) => "mask",
            Self::Truncate(_) => "truncate",
            Self::Bucket(_) => "bucket",
            Self::Redact(_) => "redact",
        }
    }
}

impl fmt::Display for Treatment {
    /// The name and the settings that matter, as in `truncate to month`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        match self {
            Self::Keep | Self::Drop | Self::Null => Ok(()),
            Self::Pseudonym { domain } | Self::Encrypt { domain } => write!(f, " in domain {domain}"),
            Self::Mask(mask) => write!(f, " {mask}"),
            Self::Truncate(truncate) => write!(f, " {truncate}"),
            Self::Bucket(bucket) => write!(f, " {bucket}"),
            Self::Redact(redact) => write!(f, " {redact}"),
        }
    }
}
