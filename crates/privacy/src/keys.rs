//! The keys of an environment: the one that new tables land under, and those from before a rotation.
//!
//! As text: the keys as 64 hexadecimal digits each, the current one first, apart by white space. After a rotation three more words stand
//! behind them, `positions=` and `suppressions=` with 64 hexadecimal digits and `events=` with 128: subkeys of the first key that there was.
//! Positions in a source, people who were erased and events that wait must be found again whichever key is current, so these subkeys stay when
//! a key goes.

use zeroize::Zeroizing;

use crate::{KeyId, Keyring, PrivacyError};

/// The keys of an environment.
#[derive(Debug, Clone)]
pub struct Keys {
    /// Never empty; the current one first.
    keys: Vec<Keyring>,
    lasting: Lasting,
}

/// What outlives a key.
#[derive(Clone)]
struct Lasting {
    positions: Zeroizing<[u8; 32]>,
    suppressions: Zeroizing<[u8; 32]>,
    events: Zeroizing<[u8; 64]>,
}

impl std::fmt::Debug for Lasting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Lasting")
    }
}

impl Lasting {
    fn of(key: &Keyring) -> Self {
        Self {
            positions: key.position_subkey(),
            suppressions: key.subkey("suppressions", ""),
            events: key.event_log_subkey(),
        }
    }
}

impl Keys {
    /// One key, never rotated.
    pub fn of(key: Keyring) -> Self {
        Self { lasting: Lasting::of(&key), keys: vec![key] }
    }

    /// Reads the keys from a text.
    pub fn parse(text: &str) -> Result<Self, PrivacyError> {
        let (mut keys, mut positions, mut suppressions, mut events) = (Vec::new(), None, None, None);
        for word in text.split_whitespace() {
            // A subkey is as long as a key.
            let subkey = |digits| Keyring::from_hex(digits).map(|read| read.secret());
            if let Some(digits) = word.strip_prefix("positions=") {
                positions = Some(subkey(digits)?);
            } else if let Some(digits) = word.strip_prefix("suppressions=") {
                suppressions = Some(subkey(digits)?);
            } else if let Some(digits) = word.strip_prefix("events=") {
                let mut subkey = Zeroizing::new([0; 64]);
                hex::decode_to_slice(digits, subkey.as_mut_slice()).map_err(|_| PrivacyError::InvalidKey {
                    found: "`events=` and something else than 128 digits".to_owned(),
                })?;
                events = Some(subkey);
            } else {
                keys.push(Keyring::from_hex(word)?);
            }
        }
        // The oldest stands last.
        let Some(oldest) = keys.last() else {
            return Err(PrivacyError::InvalidKey { found: "0 characters".to_owned() });
        };
        let of_oldest = Lasting::of(oldest);
        let lasting = Lasting {
            positions: positions.unwrap_or(of_oldest.positions),
            suppressions: suppressions.unwrap_or(of_oldest.suppressions),
            events: events.unwrap_or(of_oldest.events),
        };
        Ok(Self { keys, lasting })
    }

    /// The text that [`Keys::parse`] reads, with a line for each word.
    pub fn to_text(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::new());
        for key in &self.keys {
            text.push_str(&key.to_hex());
            text.push('\n');
        }
        let Lasting { positions, suppressions, events } = &self.lasting;
        let words = [
            ("positions", positions.as_slice()),
            ("suppressions", suppressions.as_slice()),
            ("events", events.as_slice()),
        ];
        for (word, subkey) in words {
            text.push_str(word);
            text.push('=');
            text.push_str(&Zeroizing::new(hex::encode(subkey)));
            text.push('\n');
        }
        text
    }

    /// The key that new tables land under.
    pub fn current(&self) -> &Keyring {
        &self.keys[0]
    }

    /// All of them, the current one first.
    pub fn all(&self) -> &[Keyring] {
        &self.keys
    }

    /// The key with an id.
    pub fn get(&self, id: &str) -> Option<&Keyring> {
        self.keys.iter().find(|key| key.id().to_string() == id)
    }

    /// The same with a new key, which becomes the current one.
    #[must_use]
    pub fn rotated(mut self, new: Keyring) -> Self {
        self.keys.insert(0, new);
        self
    }

    /// The same without an old key. `None` when there is none of this id, or when it is the current one.
    #[must_use]
    pub fn without(mut self, id: &str) -> Option<Self> {
        let place = self.keys.iter().skip(1).position(|key| key.id().to_string() == id)? + 1;
        self.keys.remove(place);
        Some(self)
    }

    /// The subkey for digests of raw rows and files in positions; it stays through rotations.
    pub fn position_subkey(&self) -> Zeroizing<[u8; 32]> {
        self.lasting.positions.clone()
    }

    /// The subkey of the log in which events wait; it stays through rotations.
    pub fn event_log_subkey(&self) -> Zeroizing<[u8; 64]> {
        self.lasting.events.clone()
    }

    /// Names the subkey under which suppressed values are known: codes under another one mean nobody.
    pub fn suppressions_id(&self) -> KeyId {
        self.suppression_key().id()
    }

    /// The key under which suppressed values are known; it stays through rotations.
    pub(crate) fn suppression_key(&self) -> Keyring {
        Keyring::generate(*self.lasting.suppressions)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_outlives_a_key_stays_when_keys_come_and_go() {
        let first = Keys::of(Keyring::generate([1; 32]));
        let id = first.current().id().to_string();
        // What `ade init` wrote before there were rotations.
        let plain = Keys::parse(&first.current().to_hex()).unwrap();
        assert_eq!(plain.position_subkey(), first.current().position_subkey());

        let second = first.clone().rotated(Keyring::generate([2; 32]));
        assert_eq!(second.all().len(), 2);
        assert_ne!(second.current().id().to_string(), id);
        assert!(second.get(&id).is_some());
        let read = Keys::parse(&second.to_text()).unwrap();
        assert_eq!(read.current().id(), second.current().id());
        assert_eq!(read.position_subkey(), first.position_subkey());

        let alone = read.without(&id).unwrap();
        let again = Keys::parse(&alone.to_text()).unwrap();
        assert_eq!(again.all().len(), 1);
        assert_eq!(again.position_subkey(), first.position_subkey());
        assert_eq!(again.suppressions_id(), first.suppressions_id());
        assert_eq!(again.event_log_subkey(), first.current().event_log_subkey());
        let current = again.current().id().to_string();
        assert!(again.clone().without(&current).is_none() && again.without("00000000").is_none());
        assert!(
            Keys::parse(" \n").is_err() && Keys::parse("positions=12").is_err() && Keys::parse("events=12").is_err()
        );
    }
}
