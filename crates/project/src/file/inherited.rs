//! A key whose `null` means something.

use serde::{Deserialize, Deserializer};

/// A value that would be inherited when it is not given.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Inherited<T> {
    /// The key is not there: what is inherited holds.
    #[default]
    Yes,
    /// The key is there with nothing after it: nothing holds.
    Off,
    /// The key has a value of its own.
    Own(T),
}

impl<T> Inherited<T> {
    /// What holds when this is asked before `inherited`.
    pub fn or(self, inherited: Self) -> Self {
        match self {
            Self::Yes => inherited,
            _ => self,
        }
    }

    /// The value that holds.
    pub fn own(self) -> Option<T> {
        match self {
            Self::Own(value) => Some(value),
            Self::Yes | Self::Off => None,
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Inherited<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::<T>::deserialize(deserializer)?.map_or(Self::Off, Self::Own))
    }
}
