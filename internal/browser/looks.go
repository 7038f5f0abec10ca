package browser

// Outside are the elements that reach beyond the window, but for what scrolls in a box of its own.
const Outside = `[...document.querySelectorAll("main *")].filter(e => {
	const r = e.getBoundingClientRect(), box = e.closest(".scroll, pre, .static, .uplot, caption");
	return (!box || box === e && e.tagName !== "CAPTION") && r.width > 0 && (r.left < -.5 || r.right > innerWidth + .5);
}).map(e => e.tagName + "." + e.getAttribute("class") + " " + e.textContent.slice(0, 40))`

// Split are the words that go over two lines, but for those that are longer than a line of their cell.
const Split = `(() => {
	const split = [], walk = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT), range = document.createRange();
	for (let node; node = walk.nextNode();) {
		if (!node.parentElement.checkVisibility() || node.parentElement.closest("pre, caption, .uplot, svg")) continue;
		for (const word of node.data.matchAll(/[\p{L}\p{N}]+(?:[.,]\p{N}+)*%?/gu)) {
			range.setStart(node, word.index);
			range.setEnd(node, word.index + word[0].length);
			if (new Set([...range.getClientRects()].map(r => Math.round(r.top))).size > 1) split.push(word[0]);
		}
	}
	return split;
})()`

// Blank are the rows that are higher than what can be seen of them, and by how much.
const Blank = `[...document.querySelectorAll(".scroll tr")].flatMap(tr => {
	if (!tr.checkVisibility()) return [];
	const row = tr.getBoundingClientRect(), box = tr.closest(".scroll").getBoundingClientRect(), range = document.createRange();
	let seen = 0;
	for (const cell of tr.cells) {
		if (cell.getBoundingClientRect().left > box.right - 8) continue;
		range.selectNodeContents(cell);
		seen = Math.max(seen, range.getBoundingClientRect().height);
	}
	return row.height - seen > 20 ? [Math.round(row.height - seen) + " px: " + tr.textContent.trim().slice(0, 40)] : [];
})`

// Cut are the tables that have columns out of sight.
const Cut = `[...document.querySelectorAll(".scroll")].filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.getAttribute("aria-label"))`

// Mute are parts that say nothing to those who can't see the page: headings out
// of order, tables and pictures without a name, boxes that can be focused but have none.
const Mute = `(() => {
	const levels = [...document.querySelectorAll("h1, h2, h3, h4")].map(h => +h.tagName[1]), tell = e => e.outerHTML.slice(0, 80);
	const named = e => (e.getAttribute("aria-label") || e.textContent).trim() !== "";
	return levels.flatMap((l, i) => l > (levels[i - 1] || 0) + 1 || i > 0 && l === 1 ? ["heading " + i + " of level " + l] : []).concat(
		[...document.querySelectorAll("table:not([data-panel])")].filter(t => !t.caption || !t.caption.textContent.trim()).map(tell),
		[...document.querySelectorAll("[tabindex], [role]")].filter(e => !named(e) || e.tabIndex >= 0 && !e.role && e.tagName !== "PRE").map(tell),
		[...document.querySelectorAll("svg")].filter(s => !s.closest("[role=img], [aria-hidden]")).map(tell),
		[...document.querySelectorAll("summary, a")].filter(e => !named(e)).map(tell),
		document.documentElement.lang ? [] : ["no language"]);
})()`
