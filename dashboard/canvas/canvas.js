import { hi } from "./other.js";
export default function (c) { c.parentElement.innerHTML = "<b id=x>" + hi() + JSON.stringify(c.data) + "</b>"; }
