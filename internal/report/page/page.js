(() => {
  "use strict";
  const few = 20; // rows of a table that show before all are asked for
  const filter = document.getElementById("filter");
  const tables = Array.from(document.querySelectorAll("table[id]"), (table) => {
    const rows = Array.from(table.tBodies[0].rows);
    const more = document.createElement("button");
    more.type = "button";
    more.className = "more";
    table.parentElement.after(more);
    const count = document.getElementById(table.id + "-count");
    return { table, rows, more, count, total: count.textContent, all: false, sort: null, text: rows.map((row) => row.textContent.toLowerCase()) };
  });

  // A cell sorts by the number that it stands for, or by what it says.
  const names = new Intl.Collator("en", { numeric: true });
  const compare = (column) => (a, b) => {
    const [x, y] = [a.cells[column], b.cells[column]];
    return x.dataset.v === undefined && y.dataset.v === undefined
      ? names.compare(x.textContent, y.textContent)
      : Number(x.dataset.v || 0) - Number(y.dataset.v || 0);
  };

  function sort(t, key, up) {
    const heads = Array.from(t.table.tHead.rows[0].cells);
    const column = heads.findIndex((head) => head.dataset.key === key);
    if (column < 0) return;
    heads.forEach((head, i) => i === column ? head.setAttribute("aria-sort", up ? "ascending" : "descending") : head.removeAttribute("aria-sort"));
    const order = compare(column);
    t.table.tBodies[0].append(...t.rows.slice().sort((a, b) => up ? order(a, b) : order(b, a)));
    t.sort = { key, up };
  }

  function show() {
    const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const t of tables) {
      const match = new Set(t.rows.filter((_, i) => words.every((word) => t.text[i].includes(word))));
      let shown = 0;
      for (const row of t.table.tBodies[0].rows) {
        row.hidden = !match.has(row) || (!t.all && shown >= few);
        if (!row.hidden) shown++;
      }
      const hits = Array.from(match).filter((row) => row.className !== "special").length;
      t.count.textContent = words.length ? `${hits.toLocaleString("en")} of ${t.total}` : t.total;
      t.more.hidden = match.size <= few;
      t.more.textContent = t.all ? "Show fewer" : `Show all ${match.size.toLocaleString("en")}`;
    }
  }

  // The order and the filter are in the address, which can be kept and sent on.
  function remember() {
    const state = new URLSearchParams();
    for (const t of tables) {
      if (t.sort) state.append("sort", `${t.table.id}.${t.sort.key}.${t.sort.up ? "up" : "down"}`);
      if (t.all) state.append("all", t.table.id);
    }
    if (filter.value) state.set("filter", filter.value);
    history.replaceState(null, "", "#" + state);
  }

  function recall() {
    const address = location.hash.slice(1);
    if (address && !address.includes("=")) {
      reveal(document.getElementById(address));
      return;
    }
    const state = new URLSearchParams(address);
    for (const order of state.getAll("sort")) {
      const [id, key, way] = order.split(".");
      const t = tables.find((t) => t.table.id === id);
      if (t) sort(t, key, way === "up");
    }
    for (const t of tables) t.all = state.getAll("all").includes(t.table.id);
    filter.value = state.get("filter") || "";
    show();
  }

  // A row that is linked to may be filtered out, or below those that show.
  function reveal(row) {
    const t = tables.find((t) => t.rows.includes(row));
    if (t) {
      filter.value = "";
      t.all = t.all || Array.from(t.table.tBodies[0].rows).indexOf(row) >= few;
    }
    show();
    if (t) row.scrollIntoView({ block: "center" });
  }

  for (const t of tables) {
    for (const head of t.table.tHead.rows[0].cells) {
      if (!head.dataset.key) continue;
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = head.textContent;
      head.replaceChildren(button);
      button.addEventListener("click", () => {
        const first = head.classList.contains("n") || head.classList.contains("when") ? "descending" : "ascending";
        const now = head.getAttribute("aria-sort");
        sort(t, head.dataset.key, (now ? now === "descending" : first === "ascending"));
        show();
        remember();
      });
    }
    t.more.addEventListener("click", () => {
      t.all = !t.all;
      show();
      remember();
    });
    if (t.rows.length) sort(t, "bytes", false);
  }
  filter.addEventListener("input", () => { show(); remember(); });
  addEventListener("hashchange", recall);
  document.querySelector(".tools").hidden = tables.length === 0;
  recall();
  document.body.dataset.ready = "yes";
})();
