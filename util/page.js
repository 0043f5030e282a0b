// This script is in the head of every page, so that a page never appears in the wrong theme at first.
try{const t=localStorage.getItem('theme');if(t)document.documentElement.dataset.theme=t}catch(e){}
addEventListener('DOMContentLoaded',()=>document.getElementById('theme').onclick=()=>{
  const root=document.documentElement,dark=root.dataset.theme?root.dataset.theme==='dark'
    :matchMedia('(prefers-color-scheme:dark)').matches;
  root.dataset.theme=dark?'light':'dark';
  try{localStorage.setItem('theme',root.dataset.theme)}catch(e){}
});
