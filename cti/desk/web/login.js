import { $, api, attempt, home } from "./desk.js";

$("login").addEventListener("submit", async (event) => {
  event.preventDefault();
  const me = await attempt(() => api("POST", "/api/login", { name: $("name").value, password: $("password").value }));
  if (me) location.assign(home(me.role));
  else $("password").select();
});
