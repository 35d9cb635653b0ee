//! Requests from parameters.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::de::value::{BorrowedStrDeserializer, StrDeserializer};
use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::QueryError;

/// The parameters of one call, as a tree along the dots of their names.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Params<'a>(Branch<'a>);

type Branch<'a> = BTreeMap<Cow<'a, str>, Node<'a>>;

#[derive(Debug, PartialEq, Eq)]
enum Node<'a> {
    Leaf(Cow<'a, str>),
    Branch(Branch<'a>),
}

/// The older services put this step between a list and its numbers: `Subnets.member.1`.
const MEMBER: &str = "member";

impl<'a> Params<'a> {
    /// Sorts parameters into the tree.
    ///
    /// # Errors
    /// When one is given twice, or is both a value and a structure.
    pub(crate) fn collect(
        pairs: impl IntoIterator<Item = (Cow<'a, str>, Cow<'a, str>)>,
    ) -> Result<Self, QueryError> {
        let mut root = Branch::new();
        for (name, value) in pairs {
            insert(&mut root, name, value)?;
        }
        Ok(Self(root))
    }

    /// Takes a parameter of the protocol itself out, such as `Action`.
    pub(crate) fn take(&mut self, name: &str) -> Option<Cow<'a, str>> {
        match self.0.remove(name)? {
            Node::Leaf(text) => Some(text),
            Node::Branch(_) => None,
        }
    }
}

fn insert<'a>(
    root: &mut Branch<'a>,
    name: Cow<'a, str>,
    value: Cow<'a, str>,
) -> Result<(), QueryError> {
    let steps: Vec<Cow<'a, str>> = match name {
        Cow::Borrowed(name) => name.split('.').map(Cow::Borrowed).collect(),
        Cow::Owned(name) => name.split('.').map(|step| Cow::Owned(step.to_owned())).collect(),
    };
    let twice = || QueryError::Twice(steps.join("."));
    let mut branch = root;
    let last = steps.len() - 1;
    for (at, step) in steps.iter().cloned().enumerate() {
        if at == last {
            return match branch.insert(step, Node::Leaf(value)) {
                None => Ok(()),
                Some(_) => Err(twice()),
            };
        }
        let next = branch.entry(step).or_insert_with(|| Node::Branch(Branch::new()));
        branch = match next {
            Node::Branch(inner) => inner,
            Node::Leaf(_) => return Err(twice()),
        };
    }
    Ok(())
}

/// Reads a request.
///
/// # Errors
/// When a parameter is unknown, missing or of the wrong kind.
pub(crate) fn from_params<'de, T: de::Deserialize<'de>>(
    params: &'de Params<'de>,
    blank: Blank,
) -> Result<T, QueryError> {
    T::deserialize(Tree { node: Found::Branch(&params.0), path: &Path::Root, blank })
}

/// What an empty value says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Blank {
    /// Itself, whatever it is the value of.
    Value,
    /// Nothing, where it stands for what has a name of its own, and may be left out: an id, a zone, an account. An empty
    /// description or tag is one.
    NoName,
}

/// How the names of parameters end that say which thing is meant, and not what it is to be like.
const NAMING: &[&str] = &["Id", "AvailabilityZone", "Region", "GroupName"];

/// The way to a node, kept for error messages only.
enum Path<'p> {
    Root,
    Step(&'p Path<'p>, &'p str),
}

impl std::fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Root => Ok(()),
            Self::Step(Self::Root, step) => f.write_str(step),
            Self::Step(parent, step) => write!(f, "{parent}.{step}"),
        }
    }
}

impl Path<'_> {
    /// Whether a parameter says which thing is meant.
    fn names_a_thing(&self) -> bool {
        match self {
            Self::Root => false,
            Self::Step(Self::Step(_, "IamInstanceProfile"), "Arn" | "Name") => true,
            Self::Step(_, step) => NAMING.iter().any(|end| step.ends_with(end)),
        }
    }
}

#[derive(Clone, Copy)]
enum Found<'de> {
    Leaf(&'de str),
    Branch(&'de Branch<'de>),
}

#[derive(Clone, Copy)]
struct Tree<'de, 'p> {
    node: Found<'de>,
    path: &'p Path<'p>,
    blank: Blank,
}

impl<'de> Tree<'de, '_> {
    fn wrong(&self, problem: impl Into<String>) -> QueryError {
        QueryError::Value { parameter: self.path.to_string(), problem: problem.into() }
    }

    fn text(&self) -> Result<&'de str, QueryError> {
        match self.node {
            Found::Leaf(text) => Ok(text),
            Found::Branch(_) => Err(self.wrong("a structure where a value is needed")),
        }
    }

    fn number<N: std::str::FromStr>(&self) -> Result<N, QueryError> {
        let text = self.text()?;
        text.parse().map_err(|_| self.wrong(format!("{text:?}, which is not a number")))
    }

    /// Adds where it happened to an error that serde or a value's own type found.
    fn locate(&self, error: QueryError) -> QueryError {
        match error {
            QueryError::Value { parameter, problem } if parameter.is_empty() => self.wrong(problem),
            other => other,
        }
    }
}

macro_rules! numbers {
    ($($method:ident $visit:ident),* $(,)?) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, QueryError> {
            visitor.$visit(self.number()?)
        })*
    };
}

impl<'de> Deserializer<'de> for Tree<'de, '_> {
    type Error = QueryError;

    numbers! {
        deserialize_i8 visit_i8, deserialize_i16 visit_i16, deserialize_i32 visit_i32, deserialize_i64 visit_i64,
        deserialize_u8 visit_u8, deserialize_u16 visit_u16, deserialize_u32 visit_u32, deserialize_u64 visit_u64,
        deserialize_f32 visit_f32, deserialize_f64 visit_f64,
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, QueryError> {
        let text = self.text()?;
        if text.eq_ignore_ascii_case("true") {
            visitor.visit_bool(true)
        } else if text.eq_ignore_ascii_case("false") {
            visitor.visit_bool(false)
        } else {
            Err(self.wrong(format!("{text:?}, which is neither true nor false")))
        }
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, QueryError> {
        visitor.visit_borrowed_str(self.text()?).map_err(|error| self.locate(error))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, QueryError> {
        let is_blank = self.blank == Blank::NoName && matches!(self.node, Found::Leaf(""));
        if is_blank && self.path.names_a_thing() {
            return visitor.visit_none();
        }
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, QueryError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, QueryError> {
        let name = BorrowedStrDeserializer::<QueryError>::new(self.text()?);
        visitor.visit_enum(name).map_err(|error| self.locate(error))
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, QueryError> {
        let Self { path, blank, .. } = self;
        let branch = match self.node {
            // An empty list is written as an empty value.
            Found::Leaf("") => return visitor.visit_seq(Items { left: vec![], path, blank }),
            Found::Leaf(_) => return Err(self.wrong("a value where a list is needed")),
            Found::Branch(branch) => match branch.get(MEMBER) {
                Some(Node::Branch(members)) if branch.len() == 1 => members,
                _ => branch,
            },
        };
        let mut items = Vec::with_capacity(branch.len());
        for (step, node) in branch {
            let Ok(number) = step.parse::<u32>() else {
                return Err(QueryError::Unknown(Path::Step(self.path, step).to_string()));
            };
            items.push((number, step.as_ref(), node));
        }
        // Last first: the items are popped.
        items.sort_by_key(|item| std::cmp::Reverse(item.0));
        visitor.visit_seq(Items { left: items, path, blank })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, QueryError> {
        let Found::Branch(branch) = self.node else {
            return Err(self.wrong("a value where a structure is needed"));
        };
        if let Some(unknown) = branch.keys().find(|key| !fields.contains(&key.as_ref())) {
            return Err(QueryError::Unknown(Path::Step(self.path, unknown).to_string()));
        }
        let fields = Fields { rest: branch.iter(), next: None, path: self.path, blank: self.blank };
        visitor.visit_map(fields).map_err(|error| match error {
            QueryError::Missing(name) if !name.contains('.') => {
                QueryError::Missing(Path::Step(self.path, &name).to_string())
            }
            other => other,
        })
    }

    serde::forward_to_deserialize_any! {
        char str string bytes byte_buf unit unit_struct tuple tuple_struct map identifier ignored_any
    }
}

fn found<'de>(node: &'de Node<'de>) -> Found<'de> {
    match node {
        Node::Leaf(text) => Found::Leaf(text),
        Node::Branch(branch) => Found::Branch(branch),
    }
}

struct Items<'de, 'p> {
    left: Vec<(u32, &'de str, &'de Node<'de>)>,
    path: &'p Path<'p>,
    blank: Blank,
}

impl<'de> SeqAccess<'de> for Items<'de, '_> {
    type Error = QueryError;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, QueryError> {
        let Some((_, step, node)) = self.left.pop() else { return Ok(None) };
        let path = Path::Step(self.path, step);
        seed.deserialize(Tree { node: found(node), path: &path, blank: self.blank }).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left.len())
    }
}

struct Fields<'de, 'p> {
    rest: std::collections::btree_map::Iter<'de, Cow<'de, str>, Node<'de>>,
    next: Option<(&'de str, &'de Node<'de>)>,
    path: &'p Path<'p>,
    blank: Blank,
}

impl<'de> MapAccess<'de> for Fields<'de, '_> {
    type Error = QueryError;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, QueryError> {
        let Some((name, node)) = self.rest.next() else { return Ok(None) };
        self.next = Some((name, node));
        seed.deserialize(StrDeserializer::<QueryError>::new(name)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(
        &mut self,
        seed: V,
    ) -> Result<V::Value, QueryError> {
        let Some((name, node)) = self.next.take() else {
            return Err(de::Error::custom("read before its name"));
        };
        let path = Path::Step(self.path, name);
        seed.deserialize(Tree { node: found(node), path: &path, blank: self.blank })
    }
}

impl de::Error for QueryError {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        Self::Value { parameter: String::new(), problem: message.to_string() }
    }

    fn missing_field(field: &'static str) -> Self {
        Self::Missing(field.to_owned())
    }
}
