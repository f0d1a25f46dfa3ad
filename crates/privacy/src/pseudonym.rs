//! `pseudonym`: HMAC-SHA-256 of a value's canonical form under the domain's subkey, as text.
//!
//! The codes of several rows are computed together, and values that were met a short while ago are not computed again.

mod hmac;
mod memory;
#[cfg_attr(not(target_arch = "x86_64"), path = "pseudonym/one_by_one.rs")]
mod side_by_side;

use std::{
    fmt::Write,
    sync::{Mutex, TryLockError},
};

use arrow::{
    array::{Array, ArrayAccessor, ArrayRef, AsArray, StringArray},
    compute::cast,
    datatypes::{DataType, Int64Type},
};

use self::{
    hmac::{HmacKey, LANES, Lanes},
    memory::{Memory, Place},
};
use crate::{
    CanonicalForm, DataFamily, Domain, Keyring,
    text::{TextColumn, readable, text_type},
    transform::{Failure, Transform},
};

/// Characters of a pseudonym: 130 bits, five to a character. As many as tell UUIDs apart: among a billion values, the chance that
/// any two share a code is below 10^-21.
const LENGTH: usize = 26;

/// A pseudonym.
type Code = [u8; LENGTH];

/// The treatment at work for one domain.
#[derive(Debug)]
pub(crate) struct Pseudonymizer {
    key: HmacKey,
    form: CanonicalForm,
    /// For one batch at a time: one that is worked on beside another has a memory of its own.
    memory: Mutex<Memory>,
}

impl Pseudonymizer {
    pub(crate) fn new(domain: &Domain, keyring: &Keyring) -> Self {
        let key = HmacKey::new(&keyring.subkey("pseudonym", domain.name()));
        Self { key, form: domain.form(), memory: Mutex::default() }
    }

    fn each<A: ArrayAccessor>(&self, values: &A, numeric: bool) -> TextColumn
    where
        A::Item: Value,
    {
        let mut shared = match self.memory.try_lock() {
            Ok(memory) => Some(memory),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        };
        let mut own = Memory::default();
        let memory = shared.as_deref_mut().unwrap_or(&mut own);
        memory.begin(values.len());
        let mut codes = Codes {
            values,
            memory,
            lanes: Lanes::new(&self.key),
            waiting: Vec::with_capacity(LANES),
            found: Vec::with_capacity(values.len()),
        };
        let mut ends = Vec::with_capacity(values.len() + 1);
        ends.push(0);
        let (mut scratch, mut digits) = (String::new(), String::new());
        for row in 0..values.len() {
            if !values.is_null(row) {
                let value = values.value(row);
                let bytes = value.bytes();
                let place = codes.memory.place(bytes.as_ref());
                if !codes.recall(place, bytes.as_ref()) {
                    let canonical = match value.text(&mut digits) {
                        Some(text) if numeric => self.form.apply(shortest_number(text), &mut scratch).as_bytes(),
                        Some(text) => self.form.apply(text, &mut scratch).as_bytes(),
                        None => bytes.as_ref(),
                    };
                    codes.add(row, place, canonical);
                }
            }
            ends.push(codes.found.len() * LENGTH);
        }
        codes.compute();
        TextColumn::new(codes.found.into_flattened(), ends)
    }
}

impl Transform for Pseudonymizer {
    fn output(&self, input: &DataType) -> Option<DataType> {
        fits_code(input).then(|| text_type(input))
    }

    fn makes_nulls(&self, _input: &DataType) -> bool {
        false
    }

    fn apply(&self, array: &ArrayRef) -> Result<ArrayRef, Failure> {
        let numeric = matches!(DataFamily::of(array.data_type()), DataFamily::Float | DataFamily::Decimal);
        if let DataType::Int32 | DataType::Int64 | DataType::UInt32 = array.data_type() {
            // Most keys repeat: only those that are new become text.
            let numbers = cast(array, &DataType::Int64).map_err(|_| Failure::Arrow)?;
            let column = self.each(&numbers.as_primitive::<Int64Type>(), false);
            return column.finish(&DataType::Utf8, numbers.nulls().cloned());
        }
        let texts = readable(array)?;
        let column = match texts.data_type() {
            DataType::LargeUtf8 => self.each(&texts.as_string::<i64>(), numeric),
            DataType::Utf8View => self.each(&texts.as_string_view(), numeric),
            DataType::Binary => self.each(&texts.as_binary::<i32>(), numeric),
            _ => self.each(&texts.as_string::<i32>(), numeric),
        };
        column.finish(&text_type(array.data_type()), texts.nulls().cloned())
    }
}

/// The codes of the rows of one batch that have one, in their order.
struct Codes<'a, A> {
    values: &'a A,
    memory: &'a mut Memory,
    lanes: Lanes<'a>,
    /// The rows whose codes are being computed.
    waiting: Vec<Waiting>,
    found: Vec<Code>,
}

/// A row whose code is being computed.
struct Waiting {
    row: usize,
    /// Where its code will stand.
    code: usize,
    /// Where it is to be remembered.
    place: Option<Place>,
}

impl<A: ArrayAccessor> Codes<'_, A>
where
    A::Item: Value,
{
    /// Adds the code of a value that is remembered, if it is.
    fn recall(&mut self, place: Option<Place>, value: &[u8]) -> bool {
        let code = place.and_then(|place| self.memory.find(place, value));
        self.found.extend(code);
        code.is_some()
    }

    /// Adds the code of a value by its canonical form; an empty one has none.
    fn add(&mut self, row: usize, place: Option<Place>, canonical: &[u8]) {
        if canonical.is_empty() {
            return;
        }
        self.waiting.push(Waiting { row, code: self.found.len(), place });
        // Filled in as soon as there are enough of them to compute.
        self.found.push([0; LENGTH]);
        if self.lanes.push(canonical) {
            self.compute();
        }
    }

    fn compute(&mut self) {
        for (waiting, mac) in self.waiting.drain(..).zip(self.lanes.finish()) {
            let code = base32(mac);
            self.found[waiting.code] = code;
            if let Some(place) = waiting.place {
                self.memory.keep(place, self.values.value(waiting.row).bytes().as_ref(), code);
            }
        }
    }
}

/// The pseudonym of one text in a domain; `None` for one whose canonical form is empty.
pub fn pseudonym(value: &str, domain: &Domain, key: &Keyring) -> Option<String> {
    let array: ArrayRef = std::sync::Arc::new(StringArray::from(vec![value]));
    let code = Pseudonymizer::new(domain, key).apply(&array).ok()?;
    let code = code.as_string::<i32>().value(0);
    (!code.is_empty()).then(|| code.to_owned())
}

/// What can be read from a row.
trait Value: Copy {
    /// What tells values apart.
    type Bytes: AsRef<[u8]>;

    fn bytes(self) -> Self::Bytes;

    /// The value as text, if it is one; `digits` holds it if it was none before.
    fn text<'d>(self, digits: &'d mut String) -> Option<&'d str>
    where
        Self: 'd;
}

impl<'v> Value for &'v str {
    type Bytes = &'v [u8];

    fn bytes(self) -> Self::Bytes {
        self.as_bytes()
    }

    fn text<'d>(self, _digits: &'d mut String) -> Option<&'d str>
    where
        Self: 'd,
    {
        Some(self)
    }
}

impl Value for &[u8] {
    type Bytes = Self;

    fn bytes(self) -> Self {
        self
    }

    fn text<'d>(self, _digits: &'d mut String) -> Option<&'d str>
    where
        Self: 'd,
    {
        std::str::from_utf8(self).ok()
    }
}

impl Value for i64 {
    type Bytes = [u8; 8];

    fn bytes(self) -> Self::Bytes {
        self.to_le_bytes()
    }

    fn text<'d>(self, digits: &'d mut String) -> Option<&'d str>
    where
        Self: 'd,
    {
        digits.clear();
        let _ = write!(digits, "{self}");
        Some(digits)
    }
}

/// Types whose values can stand behind a code. Not booleans: a code of two values hides nothing.
pub(crate) fn fits_code(input: &DataType) -> bool {
    !matches!(DataFamily::of(input), DataFamily::Boolean | DataFamily::List | DataFamily::Other)
}

/// Plain decimal text without zeros at the end of the fraction; minus zero is zero.
fn shortest_number(text: &str) -> &str {
    let short = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text };
    if short == "-0" { "0" } else { short }
}

/// The first 130 bits in RFC 4648's base32 alphabet (`a` to `z`, `2` to `7`), in lower case.
fn base32(mac: &[u32; 8]) -> Code {
    let [first, second, third, fourth, fifth] = std::array::from_fn(|word| u64::from(mac[word]));
    // Forty bits each, which overlap the words.
    let groups = [
        first << 8 | second >> 24,
        (second & 0xff_ffff) << 16 | third >> 16,
        (third & 0xffff) << 24 | fourth >> 8,
        (fourth & 0xff) << 32 | fifth,
    ];
    let mut text = [0; 32];
    for (letters, bits) in text.as_chunks_mut::<8>().0.iter_mut().zip(groups) {
        *letters = eight_letters(bits).to_be_bytes();
    }
    std::array::from_fn(|letter| text[letter])
}

/// Forty bits as eight letters, all at once: each step halves groups of bits and moves them apart.
fn eight_letters(bits: u64) -> u64 {
    let twenties = (bits & 0xff_fff0_0000) << 12 | bits & 0xf_ffff;
    let tens = (twenties & 0x000f_fc00_000f_fc00) << 6 | twenties & 0x0000_03ff_0000_03ff;
    let fives = (tens & 0x03e0_03e0_03e0_03e0) << 3 | tens & 0x001f_001f_001f_001f;
    // Every byte is below 32; those from 26 on are digits.
    let digits = (fives + 0x0606_0606_0606_0606) >> 5 & 0x0101_0101_0101_0101;
    fives + 0x6161_6161_6161_6161 - digits * u64::from(b'a' + 26 - b'2')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base32_is_that_of_the_standard() {
        // The letters of 0 to 25, and of 31 to 6: every letter is met.
        let letters = |of: [usize; LENGTH]| {
            let mut bits = [0_u8; 32];
            for (place, letter) in of.into_iter().enumerate() {
                for bit in (0..5).filter(|bit| letter >> (4 - bit) & 1 == 1) {
                    let at = place * 5 + bit;
                    bits[at / 8] |= 0x80 >> (at % 8);
                }
            }
            let (words, _) = bits.as_chunks::<4>();
            base32(&std::array::from_fn(|word| u32::from_be_bytes(words[word])))
        };
        assert_eq!(letters(std::array::from_fn(|place| place)), *b"abcdefghijklmnopqrstuvwxyz");
        assert_eq!(letters(std::array::from_fn(|place| 31 - place)), *b"765432zyxwvutsrqponmlkjihg");
    }

    #[test]
    fn numbers_are_shortened_and_nothing_else() {
        for (text, expected) in [("42.00", "42"), ("0.50", "0.5"), ("100", "100"), ("-0.0", "0"), ("NaN", "NaN")] {
            assert_eq!(shortest_number(text), expected);
        }
    }
}
