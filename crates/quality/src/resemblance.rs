//! How likely one name became another.

/// Parts of a name: split at what is no letter or digit and where lower case turns to upper.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before_lower = false;
    for c in name.chars() {
        if !c.is_alphanumeric() || (c.is_uppercase() && before_lower) {
            words.push(String::new());
        }
        if c.is_alphanumeric() {
            words.last_mut().expect("begins with one").extend(c.to_lowercase());
        }
        before_lower = c.is_lowercase();
    }
    words.retain(|word| !word.is_empty());
    words
}

/// `qty` of `quantity`: the same first letter, and all letters in the same order.
fn abbreviates(short: &str, long: &str) -> bool {
    let mut letters = long.chars();
    short.chars().count() >= 2
        && short.chars().count() < long.chars().count()
        && short.chars().next() == long.chars().next()
        && short.chars().all(|c| letters.any(|letter| letter == c))
}

fn same_word(left: &str, right: &str) -> bool {
    left == right || abbreviates(left, right) || abbreviates(right, left)
}

/// From 0 (nothing in common) to 1 (the same but for case and separators).
pub(crate) fn resemblance(left: &str, right: &str) -> f64 {
    let (left, right) = (words(left), words(right));
    let spelling = strsim::normalized_damerau_levenshtein(&left.concat(), &right.concat());
    let (few, many) = if left.len() <= right.len() { (&left, &right) } else { (&right, &left) };
    let shared = few.iter().filter(|word| many.iter().any(|other| same_word(word, other))).count();
    // All words of one in the other (`sku`, `sku_code`) counts for much, whatever was added.
    let (shared, few, many) = (as_float(shared), as_float(few.len()), as_float(many.len()));
    let wording = if few > 0.0 { 0.55 * shared / few + 0.35 * shared / many } else { 0.0 };
    spelling.max(wording)
}

fn as_float(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

/// The candidate that was probably meant by a name that does not exist.
pub(crate) fn closest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let scored = candidates.into_iter().map(|candidate| (resemblance(name, candidate), candidate));
    scored.filter(|(score, _)| *score >= 0.6).max_by(|left, right| left.0.total_cmp(&right.0)).map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn renamed_columns_resemble_their_old_names() {
        for (old, new) in [
            ("sku", "sku_code"),
            ("quantity", "qty"),
            ("quantity_on_hand", "qty_on_hand"),
            ("customer_id", "CustomerId"),
            ("email", "emial"),
            ("store_id", "store_identifier"),
        ] {
            assert!(resemblance(old, new) >= 0.6, "{old} {new} {}", resemblance(old, new));
        }
    }

    #[test]
    fn other_columns_do_not() {
        for (old, new) in [("sku", "price"), ("created_at", "customer"), ("id", "name"), ("email", "phone")] {
            assert!(resemblance(old, new) < 0.6, "{old} {new} {}", resemblance(old, new));
        }
        assert_eq!(closest("emial", ["id", "email", "e"]), Some("email"));
        assert_eq!(closest("zebra", ["id", "email"]), None);
    }
}
