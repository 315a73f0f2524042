//! A layer of the ATT&CK Navigator: what captures really prove.
//!
//! In: techniques with who claims them. Out: JSON of the layer's format 4.5. A technique's score is the share of the rules
//! and scenarios that claim it which prove it; what is claimed and never proven has a colour of its own and the score 0.

use serde_json::{Value as Json, json};

use super::super::model::CoverReport;
use super::super::technique::{Technique, techniques};

/// The version of the format.
const LAYER: &str = "4.5";
/// The least version of the Navigator that reads it.
const NAVIGATOR: &str = "4.9.0";
/// Of techniques that are claimed and never proven.
const CLAIMED: &str = "#bdbdbd";
/// Of scores from 1 to 100.
const SCORES: [&str; 2] = ["#ffe766", "#8ec843"];

/// The layer.
#[must_use]
pub fn navigator(report: &CoverReport) -> Json {
    let techniques = techniques(report);
    let proven = techniques
        .iter()
        .filter(|technique| technique.is_proven())
        .count();
    let claimed = techniques.len() - proven;
    json!({
        "name": "Proven by captures",
        "versions": { "navigator": NAVIGATOR, "layer": LAYER },
        "domain": "enterprise-attack",
        "description": format!(
            "{proven} techniques are proven by rules that alert on captures, {claimed} are claimed and never proven"
        ),
        "filters": { "platforms": ["Linux", "Containers"] },
        "sorting": 3,
        "hideDisabled": false,
        "layout": { "layout": "side", "showID": true, "showName": true, "expandedSubtechniques": "annotated" },
        "techniques": techniques.iter().map(technique).collect::<Json>(),
        "gradient": { "colors": SCORES, "minValue": 1, "maxValue": 100 },
        "legendItems": [
            { "label": "claimed but never proven", "color": CLAIMED },
            { "label": "proven by all that claim it", "color": SCORES[1] },
        ],
        "metadata": [
            { "name": "proven", "value": proven.to_string() },
            { "name": "claimed but never proven", "value": claimed.to_string() },
        ],
    })
}

fn technique(technique: &Technique) -> Json {
    let named = |name: &str, value: String| json!({ "name": name, "value": value });
    let proven = technique.proven_rules.iter();
    let proven = proven.map(|(rule, scenarios)| {
        named(
            "proven by rule",
            format!("{rule} (in {})", scenarios.join(", ")),
        )
    });
    let scenarios = technique.proven_scenarios.iter();
    let scenarios = scenarios.map(|name| named("proven by scenario", name.clone()));
    let silent = technique.silent_rules.iter();
    let silent = silent.map(|rule| named("claimed by silent rule", rule.clone()));
    let claims = technique.silent_scenarios.iter();
    let claims = claims.map(|name| named("claimed by silent scenario", name.clone()));
    let metadata: Vec<_> = proven
        .chain(scenarios)
        .chain(silent)
        .chain(claims)
        .collect();
    let is_proven = technique.is_proven();
    let comment = if is_proven {
        "proven by alerts on captures"
    } else {
        "claimed but never proven"
    };
    json!({
        "techniqueID": technique.id,
        "score": technique.score(),
        "color": if is_proven { "" } else { CLAIMED },
        "comment": comment,
        "enabled": true,
        "metadata": metadata,
        "showSubtechniques": true,
    })
}
