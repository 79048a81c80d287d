//! What the words of a link say that it does: "Abmelden" signs out, whatever the URL is called.
//!
//! A text counts only as a whole: "Delete" is a button, "Delete rows from a table" is an article. Case and white space make
//! no difference.
//!
//! The table is a stand-in: a few phrases in four languages. [`rule_for_words`] stays when the real one takes its place.

/// The phrases of each rule, in small letters.
// STAND-IN: to be replaced by the table of words in all languages. Nothing else in this file needs to change with it.
const PHRASES: &[(&str, &[&str])] = &[
    (
        "sign-out",
        &[
            "log out",
            "log off",
            "logout",
            "sign out",
            "sign off",
            "abmelden",
            "ausloggen",
            "se déconnecter",
            "déconnexion",
            "cerrar sesión",
            "salir",
        ],
    ),
    (
        "cart",
        &[
            "add to cart",
            "add to basket",
            "add to bag",
            "add to wishlist",
            "remove from cart",
            "in den warenkorb",
            "in den warenkorb legen",
            "aus dem warenkorb entfernen",
            "ajouter au panier",
            "retirer du panier",
            "añadir al carrito",
            "agregar al carrito",
        ],
    ),
    (
        "delete",
        &[
            "delete",
            "remove",
            "löschen",
            "entfernen",
            "supprimer",
            "effacer",
            "retirer",
            "eliminar",
            "borrar",
            "quitar",
        ],
    ),
    ("unsubscribe", &["unsubscribe", "abbestellen", "se désabonner", "darse de baja"]),
    ("vote", &["vote up", "vote down", "upvote", "downvote", "abstimmen", "voter", "votar"]),
];

/// The name of the rule by which a link with these words does something when it is followed: the words are all that the link
/// says.
#[must_use]
pub fn rule_for_words(text: &str) -> Option<&'static str> {
    let words = text.split_whitespace().map(str::to_lowercase).collect::<Vec<_>>().join(" ");
    PHRASES.iter().find(|(_, phrases)| phrases.contains(&words.as_str())).map(|(rule, _)| *rule)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_text_tells_in_any_case_and_spacing() {
        for (text, rule) in [
            ("Abmelden", Some("sign-out")),
            ("  IN DEN\n\t Warenkorb ", Some("cart")),
            ("Se\u{a0}déconnecter", Some("sign-out")),
            ("CERRAR SESIÓN", Some("sign-out")),
            ("Löschen", Some("delete")),
            ("Delete rows from a table", None),
            ("How to log out", None),
            ("Abmeldenummer", None),
            ("", None),
            (" ", None),
        ] {
            assert_eq!(rule_for_words(text), rule, "{text}");
        }
    }
}
