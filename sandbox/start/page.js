// While a run goes on, what is shown is brought up to date from the same address.
setInterval(async () => {
  if (!document.querySelector("[data-unfinished]") || document.hidden || document.activeElement?.closest("select, input")) return
  const answer = await fetch(location.pathname).catch(() => null)
  if (!answer?.ok) return
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html")
  for (const id of ["first", "others", "standing"]) {
    const [old, now] = [document.getElementById(id), fresh.getElementById(id)]
    if (old && now && old.innerHTML !== now.innerHTML) old.replaceWith(now)
  }
  if (!fresh.querySelector("[data-unfinished]")) document.querySelector("[data-unfinished]").removeAttribute("data-unfinished")
}, 2000)
