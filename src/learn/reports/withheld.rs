//! What is not preloaded on a page, by what its latest views say.

use crate::learn::observation::Withheld;
use serde::{Deserialize, Serialize};

/// For how many views it holds what one of them says. A page may say it to some visitors alone.
const HOLDS_VIEWS: u8 = 10;

/// What its latest views say: for how many more it holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct LatelyWithheld {
    #[serde(rename = "p")]
    pictures: u8,
    #[serde(rename = "i")]
    imports: u8,
}

impl LatelyWithheld {
    /// Takes a view in.
    pub(super) fn absorb(&mut self, of_view: Withheld) {
        let after = |left: u8, says: bool| if says { HOLDS_VIEWS } else { left.saturating_sub(1) };
        self.pictures = after(self.pictures, of_view.pictures);
        self.imports = after(self.imports, of_view.imports);
    }

    /// What is withheld now.
    pub(super) fn now(self) -> Withheld {
        Withheld { pictures: self.pictures > 0, imports: self.imports > 0 }
    }
}
