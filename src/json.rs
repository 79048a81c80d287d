//! Reads JSON into types of our own: [`read`].
//!
//! serde gives each struct two readers, one for an object and one for an array of its fields in their order. Nothing that we write or are
//! sent is such an array, and together the second readers would be a large part of the Worker ([Size](../docs/reliability/size.md)). Here
//! a struct is an object and nothing else.

use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, VariantAccess,
    Visitor,
};
use std::fmt;

/// Reads a text of JSON.
///
/// # Errors
/// What `serde_json` says of it. An array in place of a struct is one.
pub fn read<'de, T: Deserialize<'de>>(text: &'de str) -> serde_json::Result<T> {
    let mut json = serde_json::Deserializer::from_str(text);
    let value = T::deserialize(Objects(&mut json))?;
    json.end()?;
    Ok(value)
}

/// What is read, or a part of it, in which structs are objects.
struct Objects<T>(T);

/// Whoever takes what is read, where that is a struct.
struct Fields<V>(V);

/// Hands on to `serde_json` what may have no struct in it.
macro_rules! plain {
    ($($name:ident)*) => {
        $(fn $name<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
            self.0.$name(visitor)
        })*
    };
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Objects<D> {
    type Error = D::Error;

    plain! {
        deserialize_bool deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_u8 deserialize_u16 deserialize_u32
        deserialize_u64 deserialize_f32 deserialize_f64 deserialize_char deserialize_str deserialize_string deserialize_bytes
        deserialize_byte_buf deserialize_unit deserialize_identifier deserialize_ignored_any deserialize_any
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_option(Objects(visitor))
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_unit_struct(name, visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_newtype_struct(name, Objects(visitor))
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_seq(Objects(visitor))
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_tuple(len, Objects(visitor))
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_tuple_struct(name, len, Objects(visitor))
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_map(Objects(visitor))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_map(Fields(visitor))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_enum(name, variants, Objects(visitor))
    }
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Fields<V> {
    type Value = V::Value;

    fn expecting(&self, what: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(what)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<V::Value, A::Error> {
        self.0.visit_map(Objects(map))
    }
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Objects<V> {
    type Value = V::Value;

    fn expecting(&self, what: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(what)
    }

    fn visit_unit<E: Error>(self) -> Result<V::Value, E> {
        self.0.visit_unit()
    }

    fn visit_none<E: Error>(self) -> Result<V::Value, E> {
        self.0.visit_none()
    }

    fn visit_some<D: Deserializer<'de>>(self, some: D) -> Result<V::Value, D::Error> {
        self.0.visit_some(Objects(some))
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<V::Value, D::Error> {
        self.0.visit_newtype_struct(Objects(inner))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<V::Value, A::Error> {
        self.0.visit_seq(Objects(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<V::Value, A::Error> {
        self.0.visit_map(Objects(map))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, variant: A) -> Result<V::Value, A::Error> {
        self.0.visit_enum(Objects(variant))
    }
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Objects<S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<S::Value, D::Error> {
        self.0.deserialize(Objects(json))
    }
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Objects<A> {
    type Error = A::Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error> {
        self.0.next_element_seed(Objects(seed))
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Objects<A> {
    type Error = A::Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error> {
        // No name is a struct.
        self.0.next_key_seed(seed)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.0.next_value_seed(Objects(seed))
    }
}

impl<'de, A: EnumAccess<'de>> EnumAccess<'de> for Objects<A> {
    type Error = A::Error;
    type Variant = Objects<A::Variant>;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self::Variant), A::Error> {
        self.0.variant_seed(seed).map(|(value, variant)| (value, Objects(variant)))
    }
}

impl<'de, A: VariantAccess<'de>> VariantAccess<'de> for Objects<A> {
    type Error = A::Error;

    fn unit_variant(self) -> Result<(), A::Error> {
        self.0.unit_variant()
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, A::Error> {
        self.0.newtype_variant_seed(Objects(seed))
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, A::Error> {
        self.0.tuple_variant(len, Objects(visitor))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, A::Error> {
        self.0.struct_variant(fields, Fields(visitor))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sorting::map::SortedMap;
    use serde::Serialize;

    #[derive(Debug, Default, PartialEq, Serialize, serde::Deserialize)]
    struct Part {
        number: u32,
        #[serde(default)]
        names: Vec<String>,
    }

    #[derive(Debug, PartialEq, Serialize, serde::Deserialize)]
    enum Kind {
        None,
        One(Part),
        Two(u8, Part),
        Named { part: Part },
    }

    #[derive(Debug, PartialEq, Serialize, serde::Deserialize)]
    struct Whole {
        part: Option<Part>,
        parts: (Part, [i8; 2]),
        kinds: Vec<Kind>,
        by_name: SortedMap<String, Part>,
        ratio: f64,
        letter: char,
    }

    fn whole() -> Whole {
        let part = |number| Part { number, names: vec!["é\n".to_owned()] };
        Whole {
            part: Some(part(1)),
            parts: (part(2), [-1, 1]),
            kinds: vec![Kind::None, Kind::One(part(3)), Kind::Two(4, part(5)), Kind::Named { part: part(6) }],
            by_name: SortedMap::from([("a".to_owned(), part(7))]),
            ratio: 0.5,
            letter: 'x',
        }
    }

    #[test]
    fn what_was_written_is_read() {
        let text = serde_json::to_string(&whole()).unwrap();
        assert_eq!(read::<Whole>(&text).unwrap(), whole());
        let borrowed: (&str, Option<u8>, ()) = read(r#"["a",null,null]"#).unwrap();
        assert_eq!(borrowed, ("a", None, ()));
    }

    /// By every way in which a type has another in it.
    #[test]
    fn a_list_is_no_struct() {
        assert_eq!(read::<Part>(r#"{"number":1}"#).unwrap(), Part { number: 1, names: vec![] });
        let list = r#"[1,["x"]]"#;
        assert_eq!(serde_json::from_str::<Part>(list).unwrap().number, 1, "serde alone takes it for one");
        assert!(
            read::<Part>(list)
                .unwrap_err()
                .to_string()
                .starts_with("invalid type: sequence, expected struct Part")
        );
        assert!(read::<Option<Part>>(list).is_err());
        assert!(read::<Vec<Part>>(&format!("[{list}]")).is_err());
        assert!(read::<(Part, u8)>(&format!("[{list},1]")).is_err());
        assert!(read::<SortedMap<String, Part>>(&format!(r#"{{"a":{list}}}"#)).is_err());
        for (name, inside) in
            [("One", list), ("Two", &format!("[4,{list}]")), ("Named", &format!(r#"{{"part":{list}}}"#))]
        {
            assert!(read::<Kind>(&format!(r#"{{"{name}":{inside}}}"#)).is_err(), "{name}");
        }
        assert!(read::<Kind>(&format!(r#"{{"Named":[{list}]}}"#)).is_err());
    }

    #[test]
    fn what_is_no_json_or_not_all_is_an_error() {
        for text in
            ["", "{", r#"{"number":1}x"#, r#"{"number":-1}"#, r#"{"names":[]}"#, r#"{"number":1,"number":2}"#]
        {
            assert!(read::<Part>(text).is_err(), "{text}");
        }
        assert!(read::<Part>(r#"{"number":1,"unknown":[{"a":1}]}"#).is_ok());
        assert!(read::<Vec<Vec<u8>>>(&"[".repeat(10_000)).is_err(), "however deep");
    }
}
