//! Attributes by path, row by row, into the nested columns that they are.
//!
//! In: for each record a value of every attribute. Out: a record batch whose columns are structs and lists of structs, with one schema for all batches.
//! What an object would hold nothing of is NULL, so that a writer of JSON leaves it out.

use std::sync::Arc;

use arrow_array::builder::{BooleanBuilder, Int64Builder, ListBuilder, StringBuilder};
use arrow_array::{Array as _, ArrayRef, ListArray, RecordBatch, StructArray};
use arrow_buffer::{NullBuffer, OffsetBuffer};
use arrow_schema::{ArrowError, DataType, Field, FieldRef, Fields, Schema, SchemaRef};

use super::value::{Ty, Value};

/// What stands behind the name of an attribute that is a list of objects.
pub(super) const LIST: &str = "[]";

enum Values {
    Int(Int64Builder),
    Text(StringBuilder),
    Bool(BooleanBuilder),
    Texts(ListBuilder<StringBuilder>),
}

impl Values {
    fn new(ty: Ty) -> Values {
        match ty {
            Ty::Int => Values::Int(Int64Builder::new()),
            Ty::Text => Values::Text(StringBuilder::new()),
            Ty::Bool => Values::Bool(BooleanBuilder::new()),
            Ty::Texts => Values::Texts(ListBuilder::new(StringBuilder::new())),
        }
    }

    /// A value that is not of the type is none.
    fn push(&mut self, value: Value) {
        match self {
            Values::Int(all) => all.append_option(match value {
                Value::Int(value) => Some(value),
                _ => None,
            }),
            Values::Text(all) => all.append_option(match value {
                Value::Text(value) => Some(value),
                _ => None,
            }),
            Values::Bool(all) => all.append_option(match value {
                Value::Bool(value) => Some(value),
                _ => None,
            }),
            Values::Texts(all) => match value {
                Value::Texts(texts) if !texts.is_empty() => {
                    all.append_value(texts.into_iter().map(Some));
                }
                _ => all.append_null(),
            },
        }
    }

    fn finish(&mut self) -> ArrayRef {
        match self {
            Values::Int(all) => Arc::new(all.finish()),
            Values::Text(all) => Arc::new(all.finish()),
            Values::Bool(all) => Arc::new(all.finish()),
            Values::Texts(all) => Arc::new(all.finish()),
        }
    }
}

/// An attribute's path, the list of objects that it lies in, and its values.
struct Leaf {
    path: Vec<&'static str>,
    list: Option<usize>,
    values: Values,
}

/// A list of objects, and how many each record has.
struct List {
    path: &'static str,
    lengths: Vec<usize>,
}

/// Records in the making.
pub(super) struct Records {
    leaves: Vec<Leaf>,
    lists: Vec<List>,
    rows: usize,
}

impl Records {
    /// No records yet, with these attributes.
    pub(super) fn new(attributes: impl Iterator<Item = (&'static str, Ty)>) -> Records {
        let (mut leaves, mut lists) = (Vec::new(), Vec::<List>::new());
        for (path, ty) in attributes {
            let list = path.find(LIST).and_then(|end| path.get(..end)).map(|of| {
                let known = lists.iter().position(|list| list.path == of);
                known.unwrap_or_else(|| {
                    lists.push(List {
                        path: of,
                        lengths: Vec::new(),
                    });
                    lists.len() - 1
                })
            });
            leaves.push(Leaf {
                path: path.split('.').collect(),
                list,
                values: Values::new(ty),
            });
        }
        Records {
            leaves,
            lists,
            rows: 0,
        }
    }

    /// Appends a record: how many objects a list has, and the value of the attribute at a place, of one of its list's objects.
    pub(super) fn push(
        &mut self,
        length: impl Fn(&str) -> usize,
        value: impl Fn(usize, usize) -> Value,
    ) {
        for list in &mut self.lists {
            list.lengths.push(length(list.path));
        }
        for (place, leaf) in self.leaves.iter_mut().enumerate() {
            let list = leaf.list.and_then(|list| self.lists.get(list));
            let length = list.map_or(1, |list| list.lengths.last().copied().unwrap_or(0));
            for object in 0..length {
                leaf.values.push(value(place, object));
            }
        }
        self.rows += 1;
    }

    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// The records; there are none after it.
    pub(super) fn finish(&mut self) -> Result<RecordBatch, ArrowError> {
        self.rows = 0;
        let leaves = self.leaves.iter_mut();
        let leaves: Vec<Below> = leaves
            .map(|leaf| (leaf.path.clone(), leaf.values.finish()))
            .collect();
        let lists = std::mem::take(&mut self.lists);
        let columns = nest(leaves, "", &lists);
        self.lists = lists.into_iter().map(emptied).collect();
        let columns = columns?;
        let fields: Vec<FieldRef> = columns.iter().map(|(field, _)| Arc::clone(field)).collect();
        let arrays = columns.into_iter().map(|(_, array)| array).collect();
        RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)
    }

    /// The schema that all batches have.
    pub(super) fn schema(
        attributes: impl Iterator<Item = (&'static str, Ty)>,
    ) -> Result<SchemaRef, ArrowError> {
        Ok(Records::new(attributes).finish()?.schema())
    }
}

fn emptied(list: List) -> List {
    List {
        lengths: Vec::new(),
        ..list
    }
}

/// What is left of the path of a column, and its values.
type Below = (Vec<&'static str>, ArrayRef);

/// The columns at a place of the tree, in the order in which they first come.
fn nest(
    leaves: Vec<Below>,
    above: &str,
    lists: &[List],
) -> Result<Vec<(FieldRef, ArrayRef)>, ArrowError> {
    let mut groups: Vec<(&'static str, Vec<Below>)> = Vec::new();
    for (mut path, array) in leaves {
        if path.is_empty() {
            continue;
        }
        let name = path.remove(0);
        match groups.iter_mut().find(|(known, _)| *known == name) {
            Some((_, group)) => group.push((path, array)),
            None => groups.push((name, vec![(path, array)])),
        }
    }
    groups
        .into_iter()
        .map(|(name, group)| column(name, group, above, lists))
        .collect()
}

fn column(
    name: &'static str,
    mut group: Vec<Below>,
    above: &str,
    lists: &[List],
) -> Result<(FieldRef, ArrayRef), ArrowError> {
    if let [(path, array)] = group.as_mut_slice()
        && path.is_empty()
    {
        let field = Field::new(name, array.data_type().clone(), true);
        return Ok((Arc::new(field), Arc::clone(array)));
    }
    let bare = name.strip_suffix(LIST).unwrap_or(name);
    let path = if above.is_empty() {
        bare.to_owned()
    } else {
        format!("{above}.{bare}")
    };
    let object = object(nest(group, &path, lists)?)?;
    let list = lists.iter().find(|list| list.path == path);
    let array: ArrayRef = match list.filter(|_| bare.len() < name.len()) {
        Some(list) => Arc::new(listed(object, list)?),
        None => Arc::new(object),
    };
    let field = Field::new(bare, array.data_type().clone(), true);
    Ok((Arc::new(field), array))
}

/// Columns as one of objects. One of which nothing is known is none.
fn object(columns: Vec<(FieldRef, ArrayRef)>) -> Result<StructArray, ArrowError> {
    let (fields, arrays): (Vec<FieldRef>, Vec<ArrayRef>) = columns.into_iter().unzip();
    let rows = arrays.first().map_or(0, |array| array.len());
    let is_known = |row: usize| arrays.iter().any(|array| !array.is_null(row));
    let nulls = NullBuffer::from_iter((0..rows).map(is_known));
    StructArray::try_new(Fields::from(fields), arrays, Some(nulls))
}

/// The objects of all records as a list for each.
fn listed(objects: StructArray, list: &List) -> Result<ListArray, ArrowError> {
    let item = Field::new("item", DataType::Struct(objects.fields().clone()), true);
    let offsets = OffsetBuffer::from_lengths(list.lengths.iter().copied());
    let nulls = list.lengths.iter().map(|length| *length > 0);
    ListArray::try_new(
        Arc::new(item),
        offsets,
        Arc::new(objects),
        Some(NullBuffer::from_iter(nulls)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_json::LineDelimitedWriter;

    /// Records of `a.b`, `a.c`, `l[].x` and `t`, as JSON.
    fn check(records: &[(Option<i64>, Option<&str>, &[i64])], expected: &str) {
        let attributes = [
            ("a.b", Ty::Int),
            ("l[].x", Ty::Int),
            ("a.c", Ty::Text),
            ("t", Ty::Texts),
        ];
        let mut all = Records::new(attributes.into_iter());
        for (number, text, list) in records {
            all.push(
                |_| list.len(),
                |place, object| match place {
                    0 => number.map_or(Value::Null, Value::Int),
                    1 => Value::Int(list[object]),
                    2 => text.map_or(Value::Null, |text| Value::Text(text.to_owned())),
                    _ => Value::Texts(Vec::new()),
                },
            );
        }
        let batch = all.finish().expect("a batch");
        let schema = Records::schema(attributes.into_iter()).expect("a schema");
        assert_eq!(batch.schema(), schema);
        let mut writer = LineDelimitedWriter::new(Vec::new());
        writer.write(&batch).expect("written");
        writer.finish().expect("ended");
        let text = String::from_utf8(writer.into_inner()).expect("text");
        assert_eq!(text, expected);
    }

    #[test]
    fn what_is_not_known_is_left_out() {
        check(&[(None, None, &[])], "{}\n");
        check(&[(Some(1), None, &[])], "{\"a\":{\"b\":1}}\n");
        check(
            &[(None, Some("c"), &[2, 3]), (Some(4), None, &[5])],
            "{\"a\":{\"c\":\"c\"},\"l\":[{\"x\":2},{\"x\":3}]}\n{\"a\":{\"b\":4},\"l\":[{\"x\":5}]}\n",
        );
    }
}
