/** The style of all pages. Light and dark; one column of cards where there is no room for a table. */
export const style = `
:root{color-scheme:light dark;--bg:#fff;--fg:#1c2128;--dim:#57606a;--line:#d0d7de;--soft:#f3f5f7;--link:#0757b5;--good:#116329;--goodbg:#dafbe1;--busy:#7a4b00;--busybg:#fff3c9;--bad:#a40e26;--badbg:#ffe3e0}
@media(prefers-color-scheme:dark){:root{--bg:#11161c;--fg:#e3e8ee;--dim:#9aa5b1;--line:#343c46;--soft:#1b222a;--link:#79b8ff;--good:#6fdd8b;--goodbg:#12331d;--busy:#f2c14e;--busybg:#3a2c08;--bad:#ff9d94;--badbg:#47171a}}
*{box-sizing:border-box}
[hidden]{display:none!important}
body{margin:0 auto;padding:1rem 1rem 5rem;max-width:76rem;background:var(--bg);color:var(--fg);font:1rem/1.45 system-ui,sans-serif}
h1{margin:0;font-size:1.35rem;overflow-wrap:anywhere}
header{display:flex;flex-wrap:wrap;gap:.4rem 1rem;align-items:center;margin-bottom:.8rem}
header p{margin:0 auto 0 0;color:var(--dim)}
a{color:var(--link)}
button,nav a{font:inherit;font-size:.9rem;line-height:1.3;padding:.3rem .7rem;border:1px solid var(--line);border-radius:.4rem;background:var(--soft);color:var(--fg);cursor:pointer}
button:hover{border-color:var(--dim)}
button[aria-disabled=true]{opacity:.45;cursor:default}
button[aria-disabled=true]:focus-visible{opacity:1;color:var(--dim)}
button[aria-busy=true]{border-style:dashed;border-color:var(--link)}
:focus-visible{outline:3px solid var(--link);outline-offset:2px}
html{scroll-padding:0 0 5rem}
.notes{position:fixed;inset:auto 0 0;z-index:1;max-width:76rem;margin:auto;padding:0 1rem;pointer-events:none}
.note{margin:0 0 .6rem;padding:.5rem .8rem;max-height:40vh;overflow:auto;pointer-events:auto;background:var(--bg);box-shadow:0 .1rem .6rem #0004;border:1px solid var(--line);border-left:.35rem solid var(--good);border-radius:.4rem;white-space:pre-wrap;overflow-wrap:anywhere}
.note:empty{display:none}
.note.bad{border-left-color:var(--bad)}
.quiet{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
table{width:100%;border-collapse:collapse}
th,td{padding:.45rem .6rem;text-align:left;border-top:1px solid var(--line);vertical-align:middle;overflow-wrap:anywhere}
thead th{border:0;padding-top:0;color:var(--dim);font-size:.85rem;font-weight:600}
tbody th{font-weight:600;width:1px;min-width:9rem}
tbody th span{display:block;width:max-content;max-width:clamp(7.5rem,100vw - 51rem,27rem)}
.group th,.group td{background:var(--soft)}
.about{color:var(--dim);font-variant-numeric:tabular-nums;min-width:14.5rem}
.about code{display:block;margin-top:.15rem;font:.8rem/1.4 ui-monospace,monospace;color:var(--fg);white-space:pre-wrap}
.state span{display:inline-block;padding:.1rem .55rem;border-radius:1rem;font-size:.8rem;font-weight:700;background:var(--soft);color:var(--dim);overflow-wrap:normal}
[data-state=RUNNING] .state span{background:var(--goodbg);color:var(--good)}
[data-state=STARTING] .state span,[data-state=STOPPING] .state span,[data-state=BACKOFF] .state span{background:var(--busybg);color:var(--busy)}
[data-state=FATAL] .state span,[data-state=UNKNOWN] .state span{background:var(--badbg);color:var(--bad)}
.do{display:flex;overflow-wrap:normal;white-space:nowrap;flex-wrap:wrap;gap:.35rem;align-items:center}
.do a{padding:.3rem .25rem;font-size:.9rem}
td .do{flex-wrap:nowrap}
nav{display:flex;gap:.35rem}nav a{text-decoration:none}nav a[aria-current]{background:var(--link);border-color:var(--link);color:var(--bg)}
body:has(pre){padding-bottom:1rem}
pre{margin:0;padding:.8rem;min-height:12rem;height:calc(100vh - 5.5rem);overflow:auto;border:1px solid var(--line);border-radius:.4rem;background:var(--soft);font:.85rem/1.5 ui-monospace,monospace;white-space:pre-wrap;overflow-wrap:anywhere}
@media(max-width:58rem){
body{padding:.7rem .7rem 5rem}.notes{padding:0 .7rem}
thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
table,tbody{display:block}
tr{display:grid;grid-template-columns:1fr auto;gap:.35rem .6rem;align-items:center;padding:.7rem 0;border-top:1px solid var(--line)}
tr.group{margin-top:.8rem;padding:.5rem;background:var(--soft)}
th,td,tbody th,.about{display:block;padding:0;border:0;width:auto;min-width:0}
tbody th span{width:auto;max-width:none}
.about,td:last-child{grid-column:1/-1}
td .do{flex-wrap:wrap}
.about:empty{display:none}
button{padding:.45rem .75rem}.do a{padding:.45rem .3rem}
}`;
