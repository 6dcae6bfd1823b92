// A sign-in link: its secret stands behind the #, which no browser sends. It goes out as a form, and out of the address.
const secret = new URLSearchParams(location.hash.slice(1)).get("link");
if (secret) {
  history.replaceState(null, "", location.pathname + location.search);
  const form = document.getElementById("link-form");
  form.elements.link.value = secret;
  document.getElementById("link-status").hidden = false;
  form.submit();
}
