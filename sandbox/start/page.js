// Brings the sales and the faults up to date from the same address, one look after the other.
const PARTS = ["standing", "first", "others"]
const look = async () => {
  const answer = document.hidden ? null : await fetch(location.pathname).catch(() => null)
  if (answer?.ok) {
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html")
    for (const id of PARTS) {
      const [old, now] = [document.getElementById(id), fresh.getElementById(id)]
      if (old && now && old.innerHTML !== now.innerHTML && !old.contains(document.activeElement)) old.replaceWith(now)
    }
  }
  setTimeout(look, 2000)
}
setTimeout(look, 2000)
