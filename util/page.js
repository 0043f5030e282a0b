// In the head of every page, so that pages do not flash in the wrong theme.
try{const t=localStorage.getItem('theme');if(t)document.documentElement.dataset.theme=t}catch(e){}
addEventListener('DOMContentLoaded',()=>document.getElementById('theme').onclick=()=>{
  const root=document.documentElement,dark=root.dataset.theme?root.dataset.theme==='dark'
    :matchMedia('(prefers-color-scheme:dark)').matches;
  root.dataset.theme=dark?'light':'dark';
  try{localStorage.setItem('theme',root.dataset.theme)}catch(e){}
});
