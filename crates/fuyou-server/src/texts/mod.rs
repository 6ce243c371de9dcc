//! Texts of the interface in Chinese and English, written as Fluent files beside each capability.

use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use fuyou_kernel::Language;
use unic_langid::LanguageIdentifier;

mod when;

#[cfg(test)]
mod tests;

pub use when::{Calendar, Sense, Told};

/// The files, Chinese and English of each capability.
const FILES: &[(&str, &str)] = &[
    (
        include_str!("../ui/texts/zh.ftl"),
        include_str!("../ui/texts/en.ftl"),
    ),
    (
        include_str!("../access/texts/zh.ftl"),
        include_str!("../access/texts/en.ftl"),
    ),
    (
        include_str!("../registry/texts/zh.ftl"),
        include_str!("../registry/texts/en.ftl"),
    ),
    (
        include_str!("../insight/texts/zh.ftl"),
        include_str!("../insight/texts/en.ftl"),
    ),
    (
        include_str!("../planning/texts/zh.ftl"),
        include_str!("../planning/texts/en.ftl"),
    ),
    (
        include_str!("../planning/summary/texts/zh.ftl"),
        include_str!("../planning/summary/texts/en.ftl"),
    ),
    (
        include_str!("../packs/texts/zh.ftl"),
        include_str!("../packs/texts/en.ftl"),
    ),
    (
        include_str!("../care/opening/texts/zh.ftl"),
        include_str!("../care/opening/texts/en.ftl"),
    ),
    (
        include_str!("../care/pages/texts/zh.ftl"),
        include_str!("../care/pages/texts/en.ftl"),
    ),
    (
        include_str!("../referral/texts/zh.ftl"),
        include_str!("../referral/texts/en.ftl"),
    ),
    (
        include_str!("../exchange/texts/zh.ftl"),
        include_str!("../exchange/texts/en.ftl"),
    ),
    (
        include_str!("../exchange/import/texts/zh.ftl"),
        include_str!("../exchange/import/texts/en.ftl"),
    ),
    (
        include_str!("../audit/texts/zh.ftl"),
        include_str!("../audit/texts/en.ftl"),
    ),
    (
        include_str!("../jobs/texts/zh.ftl"),
        include_str!("../jobs/texts/en.ftl"),
    ),
    (
        include_str!("../system/texts/zh.ftl"),
        include_str!("../system/texts/en.ftl"),
    ),
];

type Bundle = FluentBundle<FluentResource>;

static ZH: LazyLock<Bundle> = LazyLock::new(|| bundle("zh-CN", FILES.iter().map(|(zh, _)| *zh)));
static EN: LazyLock<Bundle> = LazyLock::new(|| bundle("en", FILES.iter().map(|(_, en)| *en)));

fn bundle(language: &str, files: impl Iterator<Item = &'static str>) -> Bundle {
    let language: LanguageIdentifier = language
        .parse()
        .expect("our two language tags are well formed");
    let mut bundle = FluentBundle::new_concurrent(vec![language]);
    // Marks around inserted values would show up when a name is copied out of a page.
    bundle.set_use_isolating(false);
    for file in files {
        let resource =
            FluentResource::try_new(file.to_owned()).unwrap_or_else(|(resource, errors)| {
                tracing::error!(error = ?errors, "a text file has errors");
                resource
            });
        if let Err(errors) = bundle.add_resource(resource) {
            tracing::error!(error = ?errors, "a text is defined twice");
        }
    }
    bundle
}

/// A text without values.
pub fn text(language: Language, key: &str) -> String {
    text_with(language, key, &[])
}

/// A text with values for its `{ $placeholders }`. A missing text shows its key, and a test fails.
pub fn text_with(language: Language, key: &str, values: &[(&str, &str)]) -> String {
    let bundle: &Bundle = match language {
        Language::Zh => &ZH,
        Language::En => &EN,
    };
    let Some(pattern) = bundle.get_message(key).and_then(|message| message.value()) else {
        tracing::error!(text.key = key, "a text is missing");
        return key.to_owned();
    };
    let mut args = FluentArgs::new();
    for (name, value) in values {
        args.set(*name, value_of(value));
    }
    let mut errors = Vec::new();
    bundle
        .format_pattern(pattern, Some(&args), &mut errors)
        .into_owned()
}

/// A value of a text. A count is a number, so that a text can say one otherwise than many.
fn value_of(text: &str) -> FluentValue<'static> {
    match text.parse::<i32>() {
        Ok(count) if count.to_string() == text => FluentValue::from(count),
        _ => FluentValue::from(text.to_owned()),
    }
}

#[cfg(test)]
pub(crate) fn has(language: Language, key: &str) -> bool {
    let bundle: &Bundle = match language {
        Language::Zh => &ZH,
        Language::En => &EN,
    };
    bundle
        .get_message(key)
        .is_some_and(|message| message.value().is_some())
}
