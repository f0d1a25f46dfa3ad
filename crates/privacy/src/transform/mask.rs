//! `mask`: a few characters remain.

use std::fmt;

use arrow::{array::ArrayRef, datatypes::DataType};

use super::{Failure, Transform};
use crate::{
    DataFamily,
    text::{map_text, text_type},
};

/// Keeps a few characters at the ends and hides the others. At most half of a value stays visible: where `keep_first` and
/// `keep_last` together would show more, nothing is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mask {
    /// Characters that stay at the beginning.
    pub keep_first: u8,
    /// Characters that stay at the end (4, when nothing is given).
    pub keep_last: u8,
    /// What takes the place of the others.
    pub pattern: MaskPattern,
}

/// What takes the place of hidden characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MaskPattern {
    /// Four asterisks, however many characters are hidden: `****1234`. The default.
    Fixed,
    /// One asterisk for each.
    Length,
    /// `X`, `x` and `9` for upper-case letters, other letters and digits; all else stays: `AB-12` becomes `XX-99`.
    Shape,
}

impl Mask {
    fn write(self, text: &str, out: &mut String) {
        if text.is_empty() {
            return;
        }
        let count = text.chars().count();
        let (first, last) = (usize::from(self.keep_first), usize::from(self.keep_last));
        let (first, last) = if (first + last) * 2 > count { (0, 0) } else { (first, last) };
        let letters = || text.chars().skip(first).take(count - first - last);
        out.extend(text.chars().take(first));
        match self.pattern {
            MaskPattern::Fixed => out.push_str("****"),
            MaskPattern::Length => out.extend(letters().map(|_| '*')),
            MaskPattern::Shape => out.extend(letters().map(shape)),
        }
        out.extend(text.chars().skip(count - last));
    }
}

fn shape(letter: char) -> char {
    match letter {
        _ if letter.is_numeric() => '9',
        _ if letter.is_uppercase() => 'X',
        _ if letter.is_alphabetic() => 'x',
        _ => letter,
    }
}

impl Transform for Mask {
    fn output(&self, input: &DataType) -> Option<DataType> {
        match DataFamily::of(input) {
            DataFamily::Text | DataFamily::Integer | DataFamily::Decimal => Some(text_type(input)),
            _ => None,
        }
    }

    fn makes_nulls(&self, _input: &DataType) -> bool {
        false
    }

    fn apply(&self, array: &ArrayRef) -> Result<ArrayRef, Failure> {
        map_text(array, |text, out| {
            self.write(text, out);
            true
        })
    }
}

impl fmt::Display for Mask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.keep_first, self.keep_last) {
            (0, 0) => f.write_str("everything")?,
            (first, 0) => write!(f, "all but the first {first}")?,
            (0, last) => write!(f, "all but the last {last}")?,
            (first, last) => write!(f, "all but the first {first} and the last {last}")?,
        }
        match self.pattern {
            MaskPattern::Fixed => Ok(()),
            MaskPattern::Length => f.write_str(" by length"),
            MaskPattern::Shape => f.write_str(" by shape"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(keep_first: u8, keep_last: u8, pattern: MaskPattern, text: &str) -> String {
        let mut out = String::new();
        Mask { keep_first, keep_last, pattern }.write(text, &mut out);
        out
    }

    #[test]
    fn at_most_half_stays_visible() {
        assert_eq!(masked(0, 4, MaskPattern::Fixed, "4111111111111234"), "****1234");
        assert_eq!(masked(0, 4, MaskPattern::Fixed, "12345678"), "****5678");
        assert_eq!(masked(0, 4, MaskPattern::Fixed, "1234567"), "****");
        assert_eq!(masked(2, 1, MaskPattern::Length, "äöüßxy"), "äö***y");
        assert_eq!(masked(2, 2, MaskPattern::Length, "abc"), "***");
        assert_eq!(masked(0, 0, MaskPattern::Shape, "Ab-12 é"), "Xx-99 x");
        assert_eq!(masked(0, 4, MaskPattern::Fixed, ""), "");
    }
}
