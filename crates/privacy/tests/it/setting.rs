//! Treatments as project files write them.

use ade_privacy::{
    CanonicalForm, Domain, Mask, MaskPattern, PrivacyError, Redact, Setting, Settings, Treatment, Truncate, TruncateTo,
};

fn settings(pairs: &[(&str, Setting)]) -> Settings {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
}

fn read(name: &str, pairs: &[(&str, Setting)]) -> Result<Treatment, PrivacyError> {
    Treatment::from_settings(name, &settings(pairs), "email")
}

fn word(text: &str) -> Setting {
    Setting::Text(text.to_owned())
}

#[test]
fn every_treatment_is_read() {
    let domain = |name, form| Domain::with_form(name, form).unwrap();
    for (name, pairs, expected) in [
        ("keep", vec![], Treatment::Keep),
        ("drop", vec![], Treatment::Drop),
        ("null", vec![], Treatment::Null),
        ("pseudonym", vec![], Treatment::Pseudonym { domain: domain("email", CanonicalForm::Email) }),
        (
            "pseudonym",
            vec![("domain", word("staff")), ("form", word("email"))],
            Treatment::Pseudonym { domain: domain("staff", CanonicalForm::Email) },
        ),
        (
            "encrypt",
            vec![("domain", word("staff"))],
            Treatment::Encrypt { domain: domain("staff", CanonicalForm::Text) },
        ),
        ("mask", vec![], Treatment::Mask(Mask { keep_first: 0, keep_last: 4, pattern: MaskPattern::Fixed })),
        (
            "mask",
            vec![("keep_first", Setting::Integer(2)), ("pattern", word("length"))],
            Treatment::Mask(Mask { keep_first: 2, keep_last: 0, pattern: MaskPattern::Length }),
        ),
        ("truncate", vec![("to", word("month"))], Treatment::Truncate(Truncate::Time(TruncateTo::Month))),
        ("truncate", vec![("to", word("outward"))], Treatment::Truncate(Truncate::Outward)),
        ("truncate", vec![("first", Setting::Integer(3))], Treatment::Truncate(Truncate::First(3))),
        ("truncate", vec![("decimals", Setting::Integer(1))], Treatment::Truncate(Truncate::Decimals(1))),
        (
            "truncate",
            vec![("to", word("network")), ("v4_bits", Setting::Integer(16))],
            Treatment::Truncate(Truncate::Network { v4_bits: 16, v6_bits: 48 }),
        ),
        ("redact", vec![("detect", Setting::Flag(true))], Treatment::Redact(Redact { detect: true })),
    ] {
        assert_eq!(read(name, &pairs), Ok(expected), "{name} {pairs:?}");
    }
    assert_eq!(read("bucket", &[("width", Setting::Integer(10))]).unwrap().to_string(), "bucket of width 10");
    let edges = read("bucket", &[("edges", Setting::Numbers(vec![18.0, 65.5]))]).unwrap();
    assert_eq!(edges.to_string(), "bucket (,18) [18,65.5) [65.5,)");
}

#[test]
fn mistakes_are_named() {
    for (name, pairs, expected) in [
        ("hash", vec![], "there is no treatment `hash`; there are: keep, drop"),
        ("keep", vec![("domain", word("x"))], "treatment `keep` has no setting `domain`; it has none"),
        ("mask", vec![("keep", Setting::Integer(1))], "no setting `keep`; it has: keep_first, keep_last, pattern"),
        ("mask", vec![("keep_last", Setting::Integer(-1))], "`keep_last` of treatment `mask`: must be from 0 to 64"),
        ("mask", vec![("pattern", word("x"))], "must be `fixed`, `length` or `shape`"),
        ("truncate", vec![], "give exactly one of `to`, `first` and `decimals`"),
        ("truncate", vec![("to", word("decade"))], "must be one of year, quarter"),
        ("truncate", vec![("to", word("month")), ("v4_bits", Setting::Integer(8))], "go with `to: network`"),
        ("bucket", vec![], "give either `width` or `edges`"),
        ("bucket", vec![("edges", Setting::Integer(1))], "must be a list of numbers"),
        ("redact", vec![("detect", word("yes"))], "must be `true` or `false`"),
        ("pseudonym", vec![("domain", word("E-Mail"))], "`E-Mail` cannot name a domain"),
        ("pseudonym", vec![("form", word("mail"))], "must be one of text, email"),
    ] {
        let error = read(name, &pairs).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}

/// What a table remembers of how it landed is this text: two treatments must not have the same.
#[test]
fn treatments_that_differ_are_told_apart_by_their_text() {
    let mut all = vec![
        read("keep", &[]),
        read("drop", &[]),
        read("null", &[]),
        read("redact", &[]),
        read("redact", &[("detect", Setting::Flag(true))]),
        read("bucket", &[("width", Setting::Integer(10))]),
        read("bucket", &[("width", Setting::Integer(5))]),
        read("bucket", &[("edges", Setting::Numbers(vec![18.0]))]),
        read("truncate", &[("first", Setting::Integer(3))]),
        read("truncate", &[("decimals", Setting::Integer(3))]),
        read("truncate", &[("to", word("network"))]),
        read("truncate", &[("to", word("network")), ("v4_bits", Setting::Integer(16))]),
        read("truncate", &[("to", word("network")), ("v6_bits", Setting::Integer(32))]),
    ];
    all.extend(["year", "month", "day", "outward"].map(|unit| read("truncate", &[("to", word(unit))])));
    for name in ["pseudonym", "encrypt"] {
        all.extend([read(name, &[]), read(name, &[("domain", word("staff"))])]);
    }
    for (form, _) in CanonicalForm::NAMES {
        all.push(read("pseudonym", &[("domain", word("form")), ("form", word(form))]));
    }
    for pattern in ["fixed", "length", "shape"] {
        for keep in [1, 2] {
            let pattern = ("pattern", word(pattern));
            all.push(read("mask", &[("keep_first", Setting::Integer(keep)), pattern.clone()]));
            all.push(read("mask", &[("keep_last", Setting::Integer(keep)), pattern]));
        }
    }
    let all: Vec<Treatment> = all.into_iter().map(Result::unwrap).collect();
    for (index, one) in all.iter().enumerate() {
        assert!(all[index + 1..].iter().all(|other| one.to_string() != other.to_string()), "{one}");
    }
}
