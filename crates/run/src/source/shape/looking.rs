//! The documents of a column as they arrive, held against those of before.
use std::collections::HashMap;

use super::difference::Difference;
use super::kinds::Kinds;
use super::remembered::{JsonShape, Place};
use super::walk::{Visit, document, walk};
use super::{DEEPEST, MOST_KEYS, MOST_OF_ALL, MOST_PLACES, is_word};

/// So many values that are no documents show that a column holds other texts.
const ENOUGH_OTHERS: u64 = 100;

/// The documents of one column as they arrive.
pub(in crate::source) struct Looking {
    places: Vec<Seen>,
    /// Places with a name.
    named: usize,
    others: u64,
    /// Whether there is a shape of before.
    is_known: bool,
    others_before: u64,
}

/// One place of the documents.
pub(super) struct Seen {
    pub(super) parent: usize,
    pub(super) step: Step,
    depth: usize,
    /// What is known of it; `None`: it is new.
    pub(super) before: Option<Before>,
    /// In how many documents it has a value now.
    pub(super) values: u64,
    pub(super) kinds: Kinds,
    /// The last document that it was in.
    last: u64,
    keys: HashMap<String, usize>,
    any: Option<usize>,
    items: Option<usize>,
    pub(super) is_map: bool,
    cut: bool,
}

/// How a place is reached from the one that it is in.
pub(super) enum Step {
    Root,
    Key(String),
    Any,
    Items,
}

/// What is known of a place from before.
#[derive(Clone, Copy)]
pub(super) struct Before {
    pub(super) values: u64,
    pub(super) kinds: Kinds,
    pub(super) lacking: u64,
}

impl Looking {
    /// After what is known of the column.
    pub(super) fn new(before: Option<&JsonShape>) -> Self {
        let mut new = Self {
            places: vec![Seen::new(0, Step::Root, 0)],
            named: 0,
            others: 0,
            is_known: before.is_some(),
            others_before: before.map_or(0, |before| before.others),
        };
        if let Some(before) = before {
            new.know(0, &before.root);
        }
        new
    }

    fn know(&mut self, at: usize, known: &Place) {
        let seen = &mut self.places[at];
        seen.before = Some(Before { values: known.values, kinds: known.kinds, lacking: known.lacking });
        (seen.is_map, seen.cut) = (known.is_map(), known.cut);
        for (key, place) in &known.keys {
            let child = self.add(at, Step::Key(key.clone()));
            self.know(child, place);
        }
        if let Some(any) = &known.any {
            let child = self.add(at, Step::Any);
            self.know(child, any);
        }
        if let Some(items) = &known.items {
            let child = self.add(at, Step::Items);
            self.know(child, items);
        }
    }

    fn add(&mut self, at: usize, step: Step) -> usize {
        let child = self.places.len();
        let parent = &mut self.places[at];
        match &step {
            Step::Key(key) => {
                parent.keys.insert(key.clone(), child);
                self.named += 1;
            }
            Step::Any => parent.any = Some(child),
            Step::Items => parent.items = Some(child),
            Step::Root => {}
        }
        let depth = parent.depth + 1;
        self.places.push(Seen::new(at, step, depth));
        child
    }

    /// Looks at a value.
    pub(super) fn see(&mut self, text: &str) {
        match document(text) {
            Some(document) => walk(document, 0, self),
            None => self.others += 1,
        }
    }

    /// Whether it is plain by now that the column holds no documents.
    pub(super) fn is_hopeless(&self) -> bool {
        !self.is_known && self.others >= ENOUGH_OTHERS && !self.holds_documents()
    }

    /// Whether nearly all values are documents.
    fn holds_documents(&self) -> bool {
        let documents = self.places[0].values + self.places[0].before.map_or(0, |before| before.values);
        let others = self.others + self.others_before;
        documents > 0 && others * 10 <= documents + others
    }

    /// What is not as it was. Nothing, where nothing is known of before.
    pub(super) fn difference(&self) -> Difference {
        if !self.is_known {
            return Difference::default();
        }
        Difference::of(&self.places, self.others > 0 && self.others_before == 0)
    }

    /// What is known by now. `adds`: whether what was before is still there.
    pub(super) fn remembered(&self, adds: bool) -> Option<JsonShape> {
        if !self.holds_documents() {
            return None;
        }
        let others = if adds { self.others + self.others_before } else { self.others };
        Some(JsonShape { others, root: self.place(0, adds) })
    }

    fn place(&self, at: usize, adds: bool) -> Place {
        let seen = &self.places[at];
        let before = seen.before.unwrap_or(Before { values: 0, kinds: Kinds::NONE, lacking: 0 });
        let of = |at: &usize| self.place(*at, adds);
        let mut place = Place {
            values: if adds { before.values + seen.values } else { seen.values },
            kinds: before.kinds.with(seen.kinds),
            lacking: self.lacking(seen, before, adds),
            keys: seen.keys.iter().map(|(key, at)| (key.clone(), of(at))).collect(),
            any: seen.any.as_ref().map(of).map(Box::new),
            items: seen.items.as_ref().filter(|items| self.is_known_place(**items)).map(of).map(Box::new),
            cut: seen.cut,
        };
        if seen.is_map {
            // Which of them came first says nothing.
            let mut any = place.any.take().map(|any| *any).unwrap_or_default();
            for key in std::mem::take(&mut place.keys).into_values() {
                any.merge(key);
            }
            place.any = Some(Box::new(any));
        }
        place
    }

    /// Whether there ever was a value: a list may always have been empty.
    fn is_known_place(&self, at: usize) -> bool {
        self.places[at].before.is_some() || self.places[at].values > 0
    }

    fn lacking(&self, seen: &Seen, before: Before, adds: bool) -> u64 {
        if seen.values > 0 || !matches!(seen.step, Step::Key(_)) {
            return 0;
        }
        let without = self.places[seen.parent].values;
        if adds { before.lacking + without } else { without }
    }
}

impl Seen {
    fn new(parent: usize, step: Step, depth: usize) -> Self {
        Self {
            parent,
            step,
            depth,
            before: None,
            values: 0,
            kinds: Kinds::NONE,
            last: 0,
            keys: HashMap::new(),
            any: None,
            items: None,
            is_map: false,
            cut: false,
        }
    }
}

impl Visit for Looking {
    type At = usize;

    fn value(&mut self, at: usize, kind: Kinds) {
        // The document itself is told first.
        let document = if at == 0 { self.places[0].values + 1 } else { self.places[0].values };
        let seen = &mut self.places[at];
        seen.kinds = seen.kinds.with(kind);
        if seen.last != document {
            seen.last = document;
            seen.values += 1;
        }
    }

    fn member(&mut self, at: usize, key: &str) -> Option<usize> {
        let place = &self.places[at];
        if !place.is_map
            && let Some(known) = place.keys.get(key)
        {
            return Some(*known);
        }
        let (any, is_full) = (place.any, place.depth >= DEEPEST || self.places.len() >= MOST_OF_ALL);
        let is_name = !place.is_map && is_word(key);
        // So many words of one place are no names.
        let is_map = is_name && place.keys.len() >= MOST_KEYS;
        let is_cut = is_full || self.named >= MOST_PLACES;
        match any {
            _ if is_name && !is_map && !is_cut => Some(self.add(at, Step::Key(key.to_owned()))),
            any => {
                let place = &mut self.places[at];
                place.is_map |= is_map;
                place.cut |= is_cut && (is_name || any.is_none());
                any.or_else(|| (!is_full).then(|| self.add(at, Step::Any)))
            }
        }
    }

    fn item(&mut self, at: usize) -> Option<usize> {
        let place = &self.places[at];
        if place.items.is_some() {
            return place.items;
        }
        let is_full = place.depth >= DEEPEST || self.places.len() >= MOST_OF_ALL;
        (!is_full).then(|| self.add(at, Step::Items))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is known after these documents, and what they have otherwise than those of before.
    fn looked(before: Option<&JsonShape>, documents: &[String]) -> (JsonShape, String) {
        let mut looking = Looking::new(before);
        for document in documents {
            looking.see(document);
        }
        (looking.remembered(true).unwrap(), looking.difference().words())
    }

    fn of(documents: &[&str]) -> Vec<String> {
        documents.iter().map(|&document| document.to_owned()).collect()
    }

    #[test]
    fn what_is_new_other_or_gone_is_told_once() {
        let plain = |number: usize| {
            format!(r#"{{"id": {number}, "who": {{"name": "x", "tags": []}}, "lines": [{{"sku": "a"}}]}}"#)
        };
        let (first, told) = looked(None, &(0..30).map(plain).collect::<Vec<_>>());
        assert_eq!(told, "", "nothing is known of before");
        assert_eq!(first.paths(), ["id: number", "lines[].sku: text", "who.name: text", "who.tags: list"]);
        let changed = of(&[
            r#"{"id": "7", "who": {"name": null, "tags": [1]}, "lines": [{"sku": "a", "price": 1.5}], "at": {"day": 1}}"#,
            r#"{"id": 8, "who": {"name": "x"}, "lines": []}"#,
        ]);
        let (second, told) = looked(Some(&first), &changed);
        assert_eq!(told, "new: `at` (object), `lines[].price` (number); `id` is text, and was number");
        assert_eq!(looked(Some(&second), &changed).1, "");
        // One document without it says nothing; many do, were they of one load or of several.
        let without = of(&[r#"{"id": 1, "who": {"tags": []}, "lines": []}"#]);
        let (third, told) = looked(Some(&second), &without);
        assert_eq!(told, "");
        let (fourth, told) = looked(Some(&third), &without);
        assert_eq!(told, "`who.name` is in none of 2 documents, and was in 100 % before");
        let (fifth, told) = looked(Some(&fourth), &without);
        assert_eq!(told, "");
        assert_eq!(looked(Some(&fifth), &of(&[&plain(1)])).1, "", "what comes back was there before");
    }

    #[test]
    fn keys_that_are_data_are_neither_told_nor_remembered() {
        let by_mail = of(&[r#"{"ann@example.com": {"at": 1}}"#, r#"{"+49 151": {"at": 2}}"#]);
        let (known, _) = looked(None, &by_mail);
        assert_eq!(known.paths(), ["*.at: number"]);
        assert!(!serde_json::to_string(&known).unwrap().contains("ann"));
        let told = looked(Some(&known), &of(&[r#"{"bob": {"at": 1, "seen": 1}}"#])).1;
        assert_eq!(told, "new: `*.seen` (number)");
        let names = |from: usize| -> Vec<String> {
            let name = |number: usize| ["a", "b", "c", "d"].map(|end| format!("{end}{}", "n".repeat(number)));
            (from..from + 10)
                .map(|number| format!(r#"{{"id": 1, "by": {{"{}": 1}}}}"#, name(number).join(r#"": 1, ""#)))
                .collect()
        };
        let (few, _) = looked(None, &names(0));
        let (many, told) = looked(Some(&few), &names(10));
        assert_eq!(told, "25 new keys that look like data", "{:?}", few.paths());
        assert_eq!(many.paths(), ["by.*: number", "id: number"]);
        assert_eq!(looked(Some(&many), &names(30)).1, "");
    }

    #[test]
    fn texts_that_are_no_documents_have_no_shape() {
        let mut looking = Looking::new(None);
        (0..200).for_each(|_| looking.see("hello"));
        looking.see("{}");
        assert!(looking.is_hopeless() && looking.remembered(true).is_none());
        // Few others do not make a column one of texts, and are told once.
        let (known, _) = looked(None, &vec!["{}".to_owned(); 20]);
        let (known, told) = looked(Some(&known), &of(&["[]", "hello"]));
        assert_eq!(
            (known.others, told.as_str()),
            (1, "a document is list, and was object; some values are no documents")
        );
        assert_eq!(looked(Some(&known), &of(&["hello"])).1, "");
    }

    #[test]
    fn there_is_no_end_of_places_and_no_document_is_too_deep() {
        let wide = |number: usize| {
            let keys = (0..60).map(|key| format!(r#""k{}x{}": 1"#, "y".repeat(number), "z".repeat(key % 30 + 1)));
            format!(r#"{{"p{}": {{{}}}}}"#, "q".repeat(number), keys.collect::<Vec<_>>().join(","))
        };
        let deep = format!("{}{}", "{\"a\":".repeat(100), "1") + &"}".repeat(100);
        let mut documents: Vec<String> = (0..30).map(wide).collect();
        documents.push(deep.clone());
        let mut looking = Looking::new(None);
        for document in &documents {
            looking.see(document);
        }
        assert!(looking.places.len() <= MOST_OF_ALL + 1 && looking.named <= MOST_PLACES);
        let known = looking.remembered(true).unwrap();
        assert!(known.admits(&deep) && documents.iter().all(|document| known.admits(document)));
        assert_eq!(looked(Some(&known), &documents).1, "");
    }

    #[test]
    fn a_shape_admits_what_has_nothing_else() {
        let (known, _) = looked(None, &of(&[r#"{"a": 1, "b": {"c": "x"}, "d": [1], "e": []}"#, "{}"]));
        for text in [r#"{"a": null}"#, r#"{"e": [{"new": 1}], "d": [2.5, 3]}"#, "{}", r#"{"b": {}}"#] {
            assert!(known.admits(text), "{text}");
        }
        for text in [r#"{"a": "1"}"#, r#"{"b": {"d": 1}}"#, "[]", "x", r#"{"d": ["x"]}"#, r#"{"f": null}"#] {
            assert!(!known.admits(text), "{text}");
        }
        let read: JsonShape = serde_json::from_str(&serde_json::to_string(&known).unwrap()).unwrap();
        assert_eq!(read, known);
    }
}
