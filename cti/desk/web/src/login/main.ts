import { mount } from "svelte";

import "../style.css";
import Login from "./Login.svelte";

mount(Login, { target: document.body });
