//! People who were erased and must not come back: what is known of them, and the door that does not let them in.
//!
//! A suppressed value is known by its code alone, as a pseudonym in the domain `suppressed_<name>` under a subkey that outlives the
//! environment's keys. The name is that of a domain, a class or a column; a value is looked for in every column of which one of
//! these is so ([`KnownAs`]), before the column is treated.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use arrow::{
    array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch, StringArray},
    compute::cast,
    datatypes::DataType,
};

use crate::{
    CanonicalForm, Domain, Keyring, Keys, KnownAs, Policy, PrivacyError,
    known_as::whole,
    pseudonym::{Pseudonymizer, fits_code, pseudonym},
    transform::Transform,
};

/// Codes of suppressed values, by the name of what they are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Suppressions {
    codes: BTreeMap<String, BTreeSet<String>>,
}

/// The domain that codes of suppressed values of a name are in.
fn domain(name: &str) -> Result<Domain, PrivacyError> {
    let plain: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' }).collect();
    let mut known = format!("suppressed_{plain}");
    known.truncate(64);
    let own = whole(name).map_or(name, |(_, column)| column.rsplit('.').next().unwrap_or(column));
    Domain::with_form(&known, CanonicalForm::of_domain(own))
}

impl Suppressions {
    /// The code of a value; `None` for one that is empty.
    pub fn code(name: &str, value: &str, keys: &Keys) -> Result<Option<String>, PrivacyError> {
        Ok(pseudonym(value, &domain(name)?, &keys.suppression_key()))
    }

    /// Adds a code. Tells whether it is new.
    pub fn add(&mut self, name: &str, code: &str) -> bool {
        self.codes.entry(name.to_owned()).or_default().insert(code.to_owned())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.codes.is_empty()
    }

    /// Name and code of each.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.codes.iter().flat_map(|(name, codes)| codes.iter().map(move |code| (name.as_str(), code.as_str())))
    }
}

/// Tells which rows of a table are those of suppressed people.
pub struct Suppressor {
    columns: Vec<Column>,
    /// What is suppressed under any name, for texts that no column explains.
    words: Vec<(Pseudonymizer, BTreeSet<String>)>,
}

struct Column {
    /// The column, then the fields within it.
    path: Vec<String>,
    code: Pseudonymizer,
    suppressed: BTreeSet<String>,
}

impl fmt::Debug for Suppressor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Suppressor({} columns)", self.columns.len())
    }
}

impl Suppressor {
    /// For the rows of a table (`schema.table`); `None` when nobody is suppressed.
    pub fn new(
        table: &str,
        policy: &Policy,
        suppressions: &Suppressions,
        keys: &Keys,
    ) -> Result<Option<Self>, PrivacyError> {
        let key: Keyring = keys.suppression_key();
        let (mut columns, mut words) = (Vec::new(), Vec::new());
        let is_of_other = |name: &str| whole(name).is_some_and(|(other, _)| !other.eq_ignore_ascii_case(table));
        for (name, codes) in suppressions.codes.iter().filter(|(name, _)| !is_of_other(name)) {
            words.push((Pseudonymizer::new(&domain(name)?, &key), codes.clone()));
            for decided in policy.columns().iter().filter(|decided| KnownAs::of(table, decided).is(name)) {
                let path = decided.column.split('.').map(str::to_owned).collect();
                let code = Pseudonymizer::new(&domain(name)?, &key);
                columns.push(Column { path, code, suppressed: codes.clone() });
            }
        }
        Ok((!words.is_empty()).then_some(Self { columns, words }))
    }

    /// Whether a text, as of a record that no row could be made of, holds a suppressed value: as a word, as several that follow on
    /// each other, or as a text within JSON.
    pub fn is_in(&self, text: &str) -> bool {
        let array: ArrayRef = std::sync::Arc::new(StringArray::from_iter_values(candidates(text)));
        self.words.iter().any(|(code, suppressed)| {
            let codes = code.apply(&array).ok();
            codes.is_some_and(|codes| codes.as_string::<i32>().iter().flatten().any(|code| suppressed.contains(code)))
        })
    }

    /// Which rows of a batch, untreated and with the names of its policy, are those of suppressed people; `None` when none is. Columns that
    /// the batch has not got are passed over.
    pub fn suppressed(&self, batch: &RecordBatch) -> Result<Option<BooleanArray>, PrivacyError> {
        let mut rows = vec![false; batch.num_rows()];
        for column in &self.columns {
            let [first, within @ ..] = column.path.as_slice() else { continue };
            // A name may hold a dot of its own.
            let array = batch.column_by_name(&column.path.join(".")).map(|array| (array, &[][..]));
            let found = array.or_else(|| batch.column_by_name(first).map(|array| (array, within)));
            if let Some((array, within)) = found {
                column.mark(array, within, &mut rows).map_err(|()| PrivacyError::BatchTooLarge {
                    column: column.path.join("."),
                    rows: batch.num_rows(),
                })?;
            }
        }
        Ok(rows.iter().any(|row| *row).then(|| BooleanArray::from(rows)))
    }
}

/// A value of so many words is found in a text: a full name, a telephone number in groups.
const MOST_WORDS: usize = 6;

/// What in a text may be a value.
fn candidates(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    texts_in(text, &mut |text| {
        found.insert(text.to_owned());
        let apart = |letter: char| "\"'`,;|{}[]<>=\n\r\t".contains(letter);
        for part in text.split(apart) {
            let words: Vec<&str> = part.split_whitespace().collect();
            for first in 0..words.len() {
                for last in first..words.len().min(first + MOST_WORDS) {
                    let joined = words[first..=last].join(" ");
                    let inner = |letter: char| !letter.is_alphanumeric() && letter != '+';
                    found.insert(joined.trim_matches(inner).to_owned());
                    // A colon stands behind a name, and within an address.
                    let after = joined.rsplit(':').next().unwrap_or_default();
                    found.insert(after.trim_matches(inner).to_owned());
                    found.insert(joined);
                }
            }
        }
    });
    found.remove("");
    found
}

/// The text, and if it is JSON, the texts and numbers in it as they are meant.
fn texts_in(text: &str, take: &mut impl FnMut(&str)) {
    fn within(value: &serde_json::Value, take: &mut impl FnMut(&str)) {
        match value {
            serde_json::Value::String(text) => take(text),
            serde_json::Value::Array(values) => values.iter().for_each(|value| within(value, take)),
            serde_json::Value::Object(object) => object.values().for_each(|value| within(value, take)),
            serde_json::Value::Number(number) => take(&number.to_string()),
            serde_json::Value::Null | serde_json::Value::Bool(_) => {}
        }
    }
    take(text);
    if let Ok(value) = serde_json::from_str(text) {
        within(&value, take);
    }
}

impl Column {
    fn mark(&self, array: &ArrayRef, within: &[String], rows: &mut [bool]) -> Result<(), ()> {
        match (array.data_type(), within) {
            (DataType::Struct(_), [field, rest @ ..]) => {
                let parent = array.as_struct();
                let Some(child) = parent.column_by_name(field) else { return Ok(()) };
                let mut marked = vec![false; rows.len()];
                self.mark(child, rest, &mut marked)?;
                (0..rows.len()).filter(|row| marked[*row] && parent.is_valid(*row)).for_each(|row| rows[row] = true);
                Ok(())
            }
            (DataType::Dictionary(_, values), _) => self.mark(&cast(array, values).map_err(|_| ())?, within, rows),
            (DataType::List(_), _) => {
                let list = array.as_list::<i32>();
                let mut marked = vec![false; list.values().len()];
                self.mark(list.values(), within, &mut marked)?;
                for (row, ends) in list.offsets().windows(2).enumerate() {
                    let (start, end) =
                        (usize::try_from(ends[0]).map_err(|_| ())?, usize::try_from(ends[1]).map_err(|_| ())?);
                    rows[row] |= list.is_valid(row) && marked[start..end].iter().any(|found| *found);
                }
                Ok(())
            }
            (data_type, []) if fits_code(data_type) => {
                let codes = self.code.apply(array).map_err(|_| ())?;
                let codes = cast(&codes, &DataType::LargeUtf8).map_err(|_| ())?;
                for (row, code) in codes.as_string::<i64>().iter().enumerate() {
                    rows[row] |= code.is_some_and(|code| self.suppressed.contains(code));
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{Int64Array, ListArray, StructArray};
    use arrow::datatypes::{Field, Fields};

    use super::*;
    use crate::{Class, ColumnPolicy, Origin, Treatment};

    #[test]
    fn a_person_is_known_by_class_domain_and_column_however_she_is_written() {
        let keys = Keys::of(Keyring::generate([5; 32]));
        let mut list = Suppressions::default();
        for (name, value) in [("email", "ada@example.com"), ("customer_id", "42")] {
            assert!(list.add(name, &Suppressions::code(name, value, &keys).unwrap().unwrap()));
        }
        let decided = |column: &str, class: Class, treatment: Treatment| ColumnPolicy {
            column: column.to_owned(),
            class,
            treatment,
            origin: Origin::Column,
        };
        let domain = Domain::new("email").unwrap();
        let policy = Policy::new(vec![
            decided("login", Class::Username, Treatment::Pseudonym { domain }),
            decided("customer_id", Class::Identifier, Treatment::Keep),
            decided("mails", Class::Email, Treatment::Drop),
            decided("to.mail", Class::Email, Treatment::Keep),
        ]);
        let mails = ListArray::new(
            Arc::new(Field::new("item", DataType::Utf8, true)),
            arrow::buffer::OffsetBuffer::from_lengths([0, 0, 2, 0, 0]),
            Arc::new(StringArray::from(vec!["x@y.example", "ADA@example.com"])),
            None,
        );
        let fields = Fields::from(vec![Field::new("mail", DataType::Utf8, true)]);
        let to = StringArray::from(vec![None, None, None, Some(" ada@example.com"), None]);
        let batch = RecordBatch::try_from_iter([
            (
                "login",
                Arc::new(StringArray::from(vec![Some(" Ada@Example.COM"), None, None, None, Some("42")])) as ArrayRef,
            ),
            ("customer_id", Arc::new(Int64Array::from(vec![1, 42, 2, 3, 4]))),
            ("mails", Arc::new(mails)),
            ("to", Arc::new(StructArray::new(fields, vec![Arc::new(to)], None))),
        ])
        .unwrap();
        let suppressor = Suppressor::new("app.people", &policy, &list, &keys).unwrap().unwrap();
        let found = suppressor.suppressed(&batch).unwrap().unwrap();
        assert_eq!(found, BooleanArray::from(vec![true, true, true, true, false]));
        // Part of the columns, as when keys alone are read.
        let part = batch.project(&[1]).unwrap();
        assert_eq!(suppressor.suppressed(&part).unwrap().unwrap().true_count(), 1);
        // Another rotation of the keys finds her, too.
        let later = Keys::parse(&keys.clone().rotated(Keyring::generate([6; 32])).to_text()).unwrap();
        let suppressor = Suppressor::new("app.people", &policy, &list, &later).unwrap().unwrap();
        assert_eq!(suppressor.suppressed(&batch).unwrap(), Some(found));
        assert!(Suppressor::new("app.people", &policy, &Suppressions::default(), &keys).unwrap().is_none());
        // Where no column tells: words of a text.
        let any = Suppressor::new("app.people", &Policy::default(), &list, &keys).unwrap().unwrap();
        assert!(any.suppressed(&batch).unwrap().is_none());
        for text in ["of ADA@example.com, twice", "{\"id\":42}", "<ada@example.com>"] {
            assert!(any.is_in(text), "{text}");
        }
        for text in ["of grace@example.com", "x42", "", "142 425"] {
            assert!(!any.is_in(text), "{text}");
        }
    }

    #[test]
    fn a_name_with_its_table_means_no_other_and_values_of_several_words_are_found() {
        let keys = Keys::of(Keyring::generate([5; 32]));
        let list = |subjects: &[(&str, &str)]| {
            let mut list = Suppressions::default();
            for (name, value) in subjects {
                list.add(name, &Suppressions::code(name, value, &keys).unwrap().unwrap());
            }
            list
        };
        let treatment = Treatment::Keep;
        let decided =
            ColumnPolicy { column: "id".to_owned(), class: Class::Identifier, treatment, origin: Origin::Column };
        let policy = Policy::new(vec![decided]);
        let batch = RecordBatch::try_from_iter([("id", Arc::new(Int64Array::from(vec![41, 42])) as ArrayRef)]).unwrap();
        let one = list(&[("app.people.id", "42")]);
        let of = |table: &str| Suppressor::new(table, &policy, &one, &keys).unwrap();
        assert_eq!(of("app.people").unwrap().suppressed(&batch).unwrap(), Some(vec![false, true].into()));
        assert!(of("app.orders").is_none());
        let many = list(&[("phone", "+49 30 555 0127"), ("person_name", "Zoë van Dam")]);
        let any = Suppressor::new("app.people", &Policy::default(), &many, &keys).unwrap().unwrap();
        for text in [
            "1,+49 30 555 0127,x",
            "call (+49 30) 555-0127 now",
            "phone:+49305550127",
            r#"{"who": ["Zo\u00eb van Dam"]}"#,
            "dear zoë  van dam,",
        ] {
            assert!(any.is_in(text), "{text}");
        }
        for text in ["+49 30 555 0128", "Zoë Dam", "van Dam"] {
            assert!(!any.is_in(text), "{text}");
        }
    }
}
