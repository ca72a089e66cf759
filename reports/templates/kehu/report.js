"use strict";
(() => {
  const details = document.querySelector(".contents details");
  const wide = matchMedia("(min-width: 64rem), print");
  const fit = () => { details.open = wide.matches; };
  fit();
  wide.addEventListener("change", fit);
  addEventListener("beforeprint", () => { details.open = true; });

  const links = new Map();
  document.querySelectorAll(".contents a").forEach((a) => links.set(a.hash.slice(1), a));
  const places = [...links.keys()].map((id) => document.getElementById(id));
  let marked = null;

  const mark = () => {
    let here = places[0];
    for (const place of places) {
      if (place.getBoundingClientRect().top > innerHeight * 0.25) break;
      here = place;
    }
    const end = document.documentElement.scrollHeight - innerHeight - scrollY < 4;
    if (end && scrollY > 0) here = places[places.length - 1];
    const link = here && links.get(here.id);
    if (link === marked) return;
    if (marked) marked.removeAttribute("aria-current");
    document.querySelectorAll(".contents .open").forEach((li) => li.classList.remove("open"));
    marked = link;
    if (!link) return;
    link.setAttribute("aria-current", "location");
    link.closest(".contents details > ol > li").classList.add("open");
    if (wide.matches) link.scrollIntoView({ block: "nearest" });
  };

  let waiting = false;
  addEventListener("scroll", () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; mark(); });
  }, { passive: true });
  links.forEach((a) => a.addEventListener("click", () => { if (!wide.matches) details.open = false; }));
  mark();
})();
