// The look. Every colour can be set from outside by its --fd- name; what is not set follows light or dark by itself.
export const sheet = new CSSStyleSheet();
sheet.replaceSync(`
:host {
  all: initial; color-scheme: light dark; display: contents;
  --ground: var(--fd-ground, light-dark(#faf8f4, #191714)); --paper: var(--fd-paper, light-dark(#fffdf9, #211e1a));
  --ink: var(--fd-ink, light-dark(#25221d, #ece7de)); --soft: var(--fd-soft, light-dark(#625b50, #aca394));
  --line: var(--fd-line, light-dark(#e4ded3, #3a352d)); --edge: var(--fd-edge, light-dark(#8c8374, #8a8172));
  --accent: var(--fd-accent, light-dark(#1d5c48, #86cbb0)); --on: var(--fd-accent-ink, light-dark(#fff, #11221b));
  --wash: var(--fd-wash, light-dark(#e6efe8, #22332b)); --warn: var(--fd-warn, light-dark(#8a5a00, #e3b55f));
  --bad: var(--fd-bad, light-dark(#9b2c1d, #f2a08f)); --round: var(--fd-radius, 6px);
  --hair: 1px solid var(--line); --side: max(1em, (100% - 44em) / 2);
}
:host([theme=light]) { color-scheme: light; }
:host([theme=dark]) { color-scheme: dark; }
:host([mode=page]) { display: block; height: 100%; container-type: inline-size; }
[hidden], dialog:not([open]), .log:empty, .offers:empty { display: none !important; }
* { box-sizing: border-box; margin: 0; }
.panel, .launch { font: var(--fd-size, 1rem)/1.5 var(--fd-font, "Source Sans 3 Variable", system-ui, sans-serif); color: var(--ink); background: var(--ground); }
.panel { position: relative; display: grid; grid-template: minmax(0, 1fr) / minmax(0, 1fr); height: 100%; overflow: hidden; text-align: start; }
dialog.panel, .launch { position: fixed; z-index: 2147483000; inset: auto; inset-block-end: var(--fd-inset, 1.25em); inset-inline-end: var(--fd-inset, 1.25em); padding: 0; box-shadow: var(--fd-shadow, 0 .75em 2.5em #0003); }
dialog.panel {
  width: var(--fd-width, 25em); height: var(--fd-height, 42em); max-width: calc(100vw - 2.5em); max-height: calc(100dvh - 2.5em);
  border: var(--hair); border-radius: calc(var(--round) * 2);
}
@media (max-width: 30rem), (max-height: 30rem) {
  dialog.panel { inset: 0; width: 100vw; max-width: none; height: 100dvh; max-height: none; border: 0; border-radius: 0; }
}
.talk, .source { display: grid; grid-template: auto minmax(0, 1fr) auto / minmax(0, 1fr); }
h2, h3, h4, h5, h6 { font-size: 1em; line-height: 1.3; }
button, select, textarea { font: inherit; color: inherit; background: none; border: 1px solid var(--edge); border-radius: var(--round); }
button { padding: .3em .75em; cursor: pointer; color: var(--accent); font-weight: 600; }
button:hover:enabled { background: var(--wash); }
button:disabled { cursor: default; color: var(--soft); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.pane, .page { outline-offset: -2px; }
a { color: var(--accent); }
small, h3, .hint, .notice, .status, .stage, .problem, .sources, .offers p, .top p, .where, .count, .more, .file { font-size: .875em; }
small, h3, .hint, .notice, .status, .stage, .offers p, .top p, .where, .count { color: var(--soft); }
ul, ol { padding: 0; }
.icon { width: 1.25em; height: 1.25em; flex: none; fill: none; stroke: currentColor; stroke-width: 1.7; stroke-linecap: round; stroke-linejoin: round; vertical-align: -.25em; }
.i-down { transform: rotate(180deg); }
.i-more { stroke-width: 3; }
.unseen, .customer h3 { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.act, .person, .send, .main, .sources button { border-color: transparent; }
.act { display: inline-grid; grid-auto-flow: column; gap: .5em; place-content: center; min-width: 2.25em; height: 2.25em; padding: 0 .3em; color: var(--soft); }
[aria-pressed=true] { color: var(--accent); background: var(--wash); border-color: currentColor !important; }
.launch, .send, .main, [aria-expanded=true]:is(.chip, .sources *) { background: var(--accent) !important; color: var(--on); }
.launch:hover, .send:hover, .main:hover { filter: brightness(1.15); }
.launch { width: 3.5em; height: 3.5em; border-radius: 50%; }
.news::after { content: ""; position: absolute; inset: 0 0 auto auto; width: 1em; height: 1em; border-radius: 50%; background: var(--bad); }
.top, .acts, .status, .line, .under, .person, .file, .sources button, [role=listitem], .source .over { display: flex; align-items: center; gap: .5em; }
.intro, .log, .turn { display: flex; flex-direction: column; gap: 1.5em; }
.picks, .offers, .files { display: flex; flex-wrap: wrap; gap: .5em; list-style: none; }
.menu, .text, .reasons, .said footer { display: grid; gap: .5em; }
.menu, .reasons, .file, .write, .operator .bubble { border: var(--hair); border-radius: var(--round); background: var(--paper); }

.top { padding: .5em var(--side); border-bottom: var(--hair); }
.who { flex: 1; min-width: 0; }
.who *, bdi { white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.box { position: relative; }
.menu { position: absolute; z-index: 2; inset-inline-end: 0; width: max-content; padding: 1em; border-color: var(--edge); }
select { padding: .25em; background: var(--ground); }
.pane { overflow: hidden auto; overscroll-behavior: contain; overflow-anchor: none; padding: 1em var(--side); overflow-wrap: anywhere; }
.log, .offers { margin-top: 1.5em; }
.said { align-self: flex-start; max-width: 100%; }
.said h3 { margin-bottom: .15em; }
.customer { align-self: flex-end; display: flex; flex-direction: column; align-items: flex-end; gap: .5em; max-width: 85%; }
.bubble { max-width: 100%; padding: .5em 1em; white-space: pre-wrap; unicode-bidi: isolate; background: var(--wash); border: 1px solid transparent; border-radius: 1em; border-end-end-radius: .2em; }
.operator .bubble { border-radius: 1em; border-start-start-radius: .2em; }
.operator h3 { color: var(--accent); }
.cut { max-height: 15em; overflow: hidden; mask: linear-gradient(#000 70%, #0000); }
.sending .bubble { opacity: .6; }
.problem, [data-kind=trouble] { color: var(--bad); }
:is(.hint, .problem) button { padding: 0 .3em; }
.text ul, .text ol { padding-inline-start: 1.5em; }
.unsure { color: var(--soft); text-decoration: underline dotted 1px; text-underline-offset: .25em; }
.chip { position: relative; padding: 0 .4em; margin-inline: .1em; font-size: .75em; line-height: 1.4; background: var(--paper); vertical-align: .15em; }
.chip, .offer, .thumb, .picks button { border-color: var(--line); }
.chip::after { content: ""; position: absolute; inset: -.75em -.25em; }
.said footer { margin-top: .75em; }
.sources { list-style: none; }
.sources button, .offer { text-align: start; }
.sources button { max-width: 100%; padding: .15em .4em; margin-inline-start: -.4em; }
.sources button, .picks button, .offer, .file { font-weight: 400; }
.acts { margin-inline-start: -.45em; }
.reasons { padding: 1em; }
textarea { width: 100%; padding: .5em; resize: none; }
.reasons > button { justify-self: start; }
.note { padding: .75em 1em; border-inline-start: 2px solid var(--accent); background: var(--paper); }
.offers p { width: 100%; }
.offer { background: var(--paper); }
.bone { height: .9em; border-radius: var(--round); background: var(--line); }
.bone + .bone { width: 70%; }

.thumb { padding: 0; overflow: hidden; }
canvas { display: block; max-width: 100%; }
.file { max-width: 100%; padding: .3em .75em; }
.customer ul { justify-content: flex-end; }
.chosen { padding: .5em; padding-bottom: 0; }
.chosen:empty { display: none; }
.chosen li { padding: 0; padding-inline-start: .5em; max-width: 16em; }
.chosen canvas { width: 2em; height: 2em; object-fit: cover; }
progress { width: 4em; accent-color: var(--accent); }
.picture { margin: auto; border: var(--hair); background: var(--paper); color: var(--ink); }
.picture canvas { max-height: 75vh; margin-top: .75em; }
.picture::backdrop { background: #0009; }
.picture .acts { justify-content: space-between; margin: 0; }

.foot { padding: .5em var(--side); }
.status { flex-wrap: wrap; }
.status:not(:empty) { padding-bottom: .5em; }
[data-kind=offline] { color: var(--warn); }
[data-kind=team] { color: var(--accent); }
.write { border-color: var(--edge); }
.write:focus-within { outline: 2px solid var(--accent); outline-offset: -1px; }
.line { align-items: flex-end; gap: 0; padding: .25em; }
.line textarea { border: 0; min-width: 0; max-height: 9em; line-height: 1.3; outline: 0; }
textarea::placeholder { color: var(--soft); opacity: 1; }
.send { flex: none; width: 2.25em; height: 2.25em; padding: 0; }
.send:disabled { opacity: .5; }
.under { justify-content: space-between; padding-top: .25em; }
.person { padding: .3em .4em; margin-inline-start: -.4em; }
.dropping::after { content: attr(data-drop); position: absolute; z-index: 3; inset: .5em; display: grid; place-content: center; border: 2px dashed var(--accent); background: var(--paper); opacity: .9; }

.source { position: absolute; z-index: 1; inset: 0; background: var(--paper); overflow-wrap: anywhere; }
.source .over { justify-content: space-between; align-items: start; padding: .75em 1em; border-bottom: var(--hair); }
.source h2 { font-size: 1.125em; }
.source h3 { font-size: 1em; color: inherit; }
.page { position: relative; overflow: auto; padding: 1em; }
.page > * + *, .document > * + * { margin-top: .75em; }
blockquote { padding-inline-start: 1em; border-inline-start: 2px solid var(--accent); }
mark { color: inherit; background: var(--wash); border-bottom: 2px solid var(--accent); }
[role=listitem] { align-items: start; padding-inline-start: calc(var(--depth) * 1em - 1em); }
table, pre { display: block; overflow: auto; border-collapse: collapse; }
td, th { padding: .3em .75em; border-bottom: var(--hair); text-align: start; vertical-align: top; }
.more { padding: .75em 1em; border-top: var(--hair); }
@container (min-width: 62em) {
  .reading { grid-template-columns: minmax(0, 1fr) 26em; }
  .source { position: relative; border-inline-start: var(--hair); }
}
@media (pointer: coarse) {
  .act, .send, .person, .offer, .picks button, .sources button, .status button, .reasons > button, .menu > * { min-height: 44px; min-width: 44px; }
  .line textarea { padding-block: .75em; }
}
@media (prefers-reduced-motion: no-preference) {
  .stage { animation: wait 2s ease-in-out infinite; }
  @keyframes wait { 50% { opacity: .5; } }
}
`);
