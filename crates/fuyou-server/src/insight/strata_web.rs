//! An indicator split by a stratum: the table on its page, and the same as a file.

use axum::extract::Path;
use axum::response::Response;
use fuyou_kernel::Period;
use fuyou_pack::Pack;
use fuyou_pack::model::{IndicatorIx, StratumIx};

use super::shown::{Shown, shown_in, unit_sign};
use super::strata::{SplitQuestion, Strata, split};
use super::web::{GroupLink, Place, address, group_links, pack_of};
use crate::exchange::download_web::held;
use crate::exchange::sheet::SheetKind;
use crate::http::{Cx, Error, Query};
use crate::registry::Organization;

/// How the address names the layer of those of whom none is known.
const UNKNOWN: &str = "-";

/// A way of splitting that can be chosen.
pub(super) struct SplitLink {
    pub(super) href: String,
    pub(super) title: String,
    pub(super) is_current: bool,
}

/// A line of the table.
pub(super) struct LayerLine {
    pub(super) title: String,
    pub(super) now: Shown,
    pub(super) before: Shown,
    pub(super) groups: Vec<GroupLink>,
}

/// The table of layers.
pub(super) struct SplitTable {
    pub(super) title: String,
    pub(super) lines: Vec<LayerLine>,
    pub(super) exports: Vec<(String, &'static str)>,
}

/// The figures of a cell in layers.
struct Layers {
    stratum: StratumIx,
    /// This period, and the same one year before.
    found: Strata,
}

/// The stratum that an address names; `None` when it names none.
pub(super) fn chosen(pack: &Pack, ix: IndicatorIx, by: &str) -> Result<Option<StratumIx>, Error> {
    if by.is_empty() {
        return Ok(None);
    }
    let mut strata = pack.strata_of(pack.indicator(ix));
    let found = strata.find(|stratum| &*pack.stratum(*stratum).id == by);
    found.map(Some).ok_or(Error::NotFound)
}

/// The layer that an address names; `None` when it names none.
pub(super) fn layer_of(
    pack: &Pack,
    ix: IndicatorIx,
    place: &Place,
) -> Result<Option<(StratumIx, Option<usize>)>, Error> {
    let Some(stratum) = chosen(pack, ix, &place.by)? else {
        return Ok(None);
    };
    let layer = match place.layer.as_str() {
        UNKNOWN => None,
        code => Some(pack.stratum(stratum).layer(code).ok_or(Error::NotFound)?),
    };
    Ok(Some((stratum, layer)))
}

/// What follows an address so that it names a layer.
pub(super) fn suffix(pack: &Pack, layer: Option<(StratumIx, Option<usize>)>) -> String {
    let Some((stratum, layer)) = layer else {
        return String::new();
    };
    let stratum = pack.stratum(stratum);
    let code = layer.map_or(UNKNOWN, |layer| &stratum.layers[layer].code);
    format!("&by={}&layer={code}", stratum.id)
}

/// A layer in words, with the stratum before it.
pub(super) fn layer_words(
    cx: &Cx,
    pack: &Pack,
    layer: Option<(StratumIx, Option<usize>)>,
) -> Option<String> {
    let (stratum, layer) = layer?;
    let title = pack.stratum(stratum).title.get(cx.language);
    let layer = layer_title(cx, pack, stratum, layer);
    Some(format!("{title}: {layer}"))
}

fn layer_title(cx: &Cx, pack: &Pack, stratum: StratumIx, layer: Option<usize>) -> String {
    match layer.and_then(|layer| pack.stratum(stratum).layers.get(layer)) {
        Some(layer) => layer.title.get(cx.language).to_owned(),
        None => cx.t("insight-layer-unknown"),
    }
}

/// The ways of splitting an indicator, the present one marked.
pub(super) fn links(
    cx: &Cx,
    pack: &Pack,
    ix: IndicatorIx,
    (node, period): (&str, Period),
    current: Option<StratumIx>,
) -> Vec<SplitLink> {
    let indicator = pack.indicator(ix);
    let link = |stratum: StratumIx| SplitLink {
        href: format!(
            "{}&by={}#layers",
            address(&indicator.id, "", node, period),
            pack.stratum(stratum).id
        ),
        title: pack.stratum(stratum).title.get(cx.language).to_owned(),
        is_current: current == Some(stratum),
    };
    pack.strata_of(indicator).map(link).collect()
}

/// The table of the layers of a cell.
pub(super) async fn table(
    cx: &Cx,
    pack: &Pack,
    ix: IndicatorIx,
    (node, period): (&Organization, Period),
    stratum: StratumIx,
    can_drill: bool,
) -> Result<SplitTable, Error> {
    let layers = Layers::read(cx, pack, ix, (node, period), stratum).await?;
    let definition = pack.stratum(stratum);
    let can_drill = can_drill && definition.secrecy <= cx.actor.secrecy_max();
    let indicator = pack.indicator(ix);
    let line = |(layer, now, before): (Option<usize>, Shown, Shown)| LayerLine {
        title: layer_title(cx, pack, stratum, layer),
        groups: if can_drill {
            let of_layer = suffix(pack, Some((stratum, layer)));
            group_links(pack, ix, (&node.code, &of_layer), period, None)
        } else {
            Vec::new()
        },
        now,
        before,
    };
    let export = |format: &str| {
        let address = address(&indicator.id, "/strata", &node.code, period);
        format!("{address}&by={}&format={format}", definition.id)
    };
    Ok(SplitTable {
        title: definition.title.get(cx.language).to_owned(),
        lines: layers.shown(cx, pack, ix).map(line).collect(),
        exports: vec![(export("xlsx"), "XLSX"), (export("csv"), "CSV")],
    })
}

impl Layers {
    async fn read(
        cx: &Cx,
        pack: &Pack,
        ix: IndicatorIx,
        (node, period): (&Organization, Period),
        stratum: StratumIx,
    ) -> Result<Layers, Error> {
        let question = SplitQuestion {
            indicator: ix,
            stratum,
            nodes: vec![node.id],
            periods: vec![period, period.previous_year()],
        };
        let found = split(cx, pack, &question).await?;
        Ok(Layers { stratum, found })
    }

    /// Each layer with its figures; the layer of those of whom none is known only when it has any.
    fn shown<'l>(
        &'l self,
        cx: &'l Cx,
        pack: &'l Pack,
        ix: IndicatorIx,
    ) -> impl Iterator<Item = (Option<usize>, Shown, Shown)> + 'l {
        let known = pack.stratum(self.stratum).layers.len();
        let unit = pack.indicator(ix).unit;
        let all = (0..self.found.layers).map(move |layer| {
            let of = |period| shown_in(cx.language, self.found.get(layer, 0, period), unit);
            ((layer < known).then_some(layer), of(0), of(1))
        });
        let is_nothing = |shown: &Shown| shown.is_idle || shown.value == "0";
        all.filter(move |(layer, now, before)| {
            layer.is_some() || !(is_nothing(now) && is_nothing(before))
        })
    }
}

/// The layers of a cell as CSV or XLSX.
pub(super) async fn download(
    cx: Cx,
    kind: SheetKind,
    Path(id): Path<String>,
    Query(place): Query<Place>,
) -> Result<Response, Error> {
    let (pack, node, period) = (pack_of(&cx)?, place.node(&cx)?, place.period(&cx)?);
    let ix = pack.indicator_ix(&id).ok_or(Error::NotFound)?;
    let stratum = chosen(pack, ix, &place.by)?.ok_or(Error::NotFound)?;
    let layers = Layers::read(&cx, pack, ix, (node, period), stratum).await?;
    let unit = unit_sign(cx.language, pack.indicator(ix).unit);
    let with_unit = |key: &str| match unit {
        "" => cx.t(key),
        unit => format!("{} ({unit})", cx.t(key)),
    };
    let head = [
        pack.stratum(stratum).title.get(cx.language).to_owned(),
        with_unit("insight-value"),
        cx.t("insight-numerator"),
        cx.t("insight-denominator"),
        with_unit("insight-last-year"),
    ];
    let line = |(layer, now, before): (Option<usize>, Shown, Shown)| {
        let (numerator, denominator) = match now.parts.split_once(" / ") {
            Some((numerator, denominator)) => (numerator.to_owned(), denominator.to_owned()),
            None => (String::new(), String::new()),
        };
        let plain = |shown: Shown| shown.value.trim_end_matches(unit).trim_end().to_owned();
        vec![
            layer_title(&cx, pack, stratum, layer),
            plain(now),
            numerator,
            denominator,
            plain(before),
        ]
    };
    let lines = layers.shown(&cx, pack, ix).map(line).collect();
    let name = format!("{id}-{}-{period}-{}", node.code, pack.stratum(stratum).id);
    held(name, kind, &head, lines).answer().await
}
