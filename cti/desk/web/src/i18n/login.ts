export const en = {
  "login.title": "Log in",
  "login.name": "Name",
  "login.password": "Password",
  "login.wrong": "Name or password is wrong.",
  "login.by": "Log in with {provider}",
  "login.or": "or with a password",
  "login.notThere": "You were not logged in at {provider}. Try again.",
  "login.notBelieved": "What {provider} said could not be believed. Try again; if it stays so, tell your administrator.",
  "login.nobodyHere": "{provider} knows you, but nobody here is called as you are there. Ask your administrator to add you.",
  "login.begunElsewhere": "This log-in was begun elsewhere, or too long ago. Try again.",
  "login.away": "{provider} cannot be reached. Try again soon.",
} as const;

export const zh: Record<keyof typeof en, string> = {
  "login.title": "登录",
  "login.name": "用户名",
  "login.password": "密码",
  "login.wrong": "用户名或密码错误。",
  "login.by": "使用 {provider} 登录",
  "login.or": "或使用密码",
  "login.notThere": "您没有在 {provider} 完成登录。请重试。",
  "login.notBelieved": "无法确认 {provider} 的答复。请重试；若仍然如此，请告知管理员。",
  "login.nobodyHere": "{provider} 认识您，但这里没有对应的用户。请联系管理员添加。",
  "login.begunElsewhere": "这次登录是在别处开始的，或时间过久。请重试。",
  "login.away": "无法连接 {provider}。请稍后重试。",
};
