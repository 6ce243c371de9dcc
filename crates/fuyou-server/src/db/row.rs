//! Structs that are read from a row by the names of their fields.

/// Declares a struct whose fields are columns of the same names. A last field after `..` reads its own columns from the same row.
macro_rules! row {
    ($(#[$meta:meta])* $vis:vis struct $name:ident {
        $($(#[$field_meta:meta])* $field_vis:vis $field:ident: $kind:ty,)*
        $(..$rest_vis:vis $rest:ident: $rest_kind:ty,)?
    }) => {
        $(#[$meta])*
        $vis struct $name {
            $($(#[$field_meta])* $field_vis $field: $kind,)*
            $($rest_vis $rest: $rest_kind,)?
        }

        impl $crate::db::FromRow for $name {
            fn from_row(row: &$crate::db::Row) -> sqlx::Result<Self> {
                Ok(Self {
                    $($field: row.get(stringify!($field))?,)*
                    $($rest: $crate::db::FromRow::from_row(row)?,)?
                })
            }
        }
    };
}
pub(crate) use row;
