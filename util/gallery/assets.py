"""The gallery page's look and behaviour: CSS and JavaScript that stand in the page itself."""

STYLE = """
.controls{position:sticky;top:0;z-index:2;display:flex;flex-wrap:wrap;gap:8px;align-items:center;
padding:12px 0;margin-top:8px;background:var(--bg)}
.controls label{color:var(--muted)}.controls select{max-width:50vw}.controls #find{flex:0 1 220px;min-width:0}
#count{color:var(--muted);font-size:.9rem}
.grid{display:grid;gap:16px;padding-bottom:40px;
grid-template-columns:repeat(auto-fill,minmax(min(100%,max(180px,var(--n)*140px)),1fr))}
.card{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:10px;min-width:0;
content-visibility:auto;contain-intrinsic-size:auto 230px}
.strip{display:grid;gap:6px;align-items:start;
grid-template-columns:repeat(auto-fill,minmax(max(88px,100%/var(--n) - 6px),1fr))}
.strip button{padding:0;border:0;background:none;min-height:0;border-radius:8px;text-align:left;display:block;
min-width:0;cursor:zoom-in}
.strip img,.gap{display:block;width:100%;height:auto;border-radius:8px;background:var(--soft)}
.strip img{transition:filter .12s}.strip button:hover img{filter:brightness(1.08)}
.gap{aspect-ratio:1;display:grid;place-items:center;color:var(--muted);font-size:.8rem;
border:1px dashed var(--line)}
.strip small{display:block;color:var(--muted);font-size:.78rem;padding:3px 2px 0;overflow-wrap:anywhere}
.card h3{font-size:.95rem;font-weight:600;margin:6px 2px 0;overflow-wrap:anywhere}
.numbers{margin:2px 2px 0;color:var(--muted);font-size:.84rem;display:flex;flex-wrap:wrap;gap:2px 14px}
.numbers b{color:var(--ink);font-weight:550;font-variant-numeric:tabular-nums}
#none{color:var(--muted)}
html:has(dialog[open]){overflow:hidden}
dialog{border:0;padding:0;margin:0;width:100vw;height:100dvh;max-width:none;max-height:none;background:#101113;
color:#ececea;color-scheme:dark}
dialog[open]{display:grid;grid-template-rows:auto minmax(0,1fr) auto}
dialog button,dialog select{background:#202327;border-color:#3a3d43;color:inherit}
dialog .numbers{color:#a5a8ae;justify-content:center}dialog .numbers b{color:#ececea}
.bar{display:flex;flex-wrap:wrap;gap:8px;align-items:center;padding:10px 14px}
.bar label{color:#a5a8ae;white-space:nowrap}.bar select{max-width:34vw}.bar #close{margin-left:auto}
.stage{position:relative;place-self:center;width:min(100vw - 24px,100dvh - 210px);overflow:hidden;
border-radius:8px;background:#1a1c1f;touch-action:none;aspect-ratio:var(--ratio,1);max-height:100%}
.stage img{position:absolute;inset:0;width:100%;height:100%;object-fit:contain}
#over{clip-path:inset(0 0 0 var(--wipe,50%))}
#edge{position:absolute;top:0;bottom:0;left:var(--wipe,50%);width:2px;margin-left:-1px;background:#fff;
box-shadow:0 0 5px #000a;pointer-events:none}
#edge::after{content:"↔";position:absolute;top:50%;left:50%;transform:translate(-50%,-50%);width:34px;height:34px;
display:grid;place-items:center;border-radius:50%;background:#fff;color:#222;box-shadow:0 1px 6px #0008}
#wipe{position:absolute;inset:0;width:100%;height:100%;margin:0;opacity:0;cursor:ew-resize}
.stage:has(#wipe:focus-visible){outline:2px solid #f2925c;outline-offset:2px}
.tag{position:absolute;bottom:8px;padding:2px 9px;border-radius:999px;background:#000b;color:#fff;
box-shadow:0 0 0 1px #fff3;font-size:.8rem;pointer-events:none}
#tag-left{left:8px}#tag-right{right:8px}
.stage.one #edge,.stage.one #wipe,.stage.one #tag-left{display:none}.stage.one #over{clip-path:none}
.caption{text-align:center;padding:10px 14px 14px}.caption h3{margin:0;font-size:1rem;overflow-wrap:anywhere}
.hint{margin:6px 0 0;color:#8b8e94;font-size:.8rem}
@media (max-width:600px){.grid{gap:10px}.card{padding:8px}.bar{padding:8px;gap:6px}.hint{display:none}
.bar label span{display:none}.controls{position:static}}
"""

SCRIPT = """
const el=id=>document.getElementById(id),grid=el('grid'),viewer=el('viewer'),listed=[...grid.children];
listed.forEach(card=>card.metrics=JSON.parse(card.dataset.metrics));
let visible=listed,at=0,ascending=true;
const compareNames=new Intl.Collator(undefined,{numeric:true,sensitivity:'base'}).compare;

function arrange(){
  const by=el('sort').value,sign=ascending?1:-1,metric=by.slice(2);
  const value=card=>card.metrics[metric];
  const cards=[...listed];
  if(by==='name')cards.sort((a,b)=>sign*compareNames(a.dataset.name,b.dataset.name));
  else if(by)cards.sort((a,b)=>(metric in b.metrics)-(metric in a.metrics)||sign*(value(a)-value(b))||0);
  else if(!ascending)cards.reverse();
  const wanted=el('find').value.trim().toLowerCase();
  for(const card of cards)card.hidden=!card.dataset.name.toLowerCase().includes(wanted);
  visible=cards.filter(card=>!card.hidden);
  grid.append(...cards);
  el('count').textContent=wanted?visible.length+' of '+listed.length:'';
  if(listed.length)el('none').hidden=visible.length>0;
}
el('sort').onchange=arrange;
el('find').oninput=arrange;
document.querySelector('.controls').onsubmit=event=>event.preventDefault();
el('direction').onclick=()=>{
  ascending=!ascending;el('direction').textContent=ascending?'↑':'↓';
  el('direction').setAttribute('aria-label',ascending?'ascending':'descending');arrange();
};

const sides={left:null,right:null};
const pictures=card=>new Map([...card.querySelectorAll('button[data-label]')]
  .map(button=>[button.dataset.label,button.firstChild]));
function setWipe(percent){
  const value=Math.min(100,Math.max(0,percent));
  el('wipe').value=value;document.querySelector('.stage').style.setProperty('--wipe',value+'%');
}
function fill(side,labels,fallback){
  const chosen=labels.includes(sides[side])?sides[side]:fallback;
  el(side).replaceChildren(...labels.map(label=>new Option(label,label,false,label===chosen)));
  return chosen;
}
function show(index){
  at=(index+visible.length)%visible.length;
  const card=visible[at],here=pictures(card),labels=[...here.keys()];
  if(!labels.length)return;
  const left=fill('left',labels,labels[0]),right=fill('right',labels,labels[Math.min(1,labels.length-1)]);
  const under=here.get(left),over=here.get(right);
  el('under').src=under.src;el('under').alt=under.alt;el('over').src=over.src;el('over').alt=over.alt;
  el('tag-left').textContent=left;el('tag-right').textContent=right;
  el('caption').textContent=card.dataset.name;
  el('numbers').replaceChildren(...[...card.querySelectorAll('.numbers span')].map(n=>n.cloneNode(true)));
  const stage=document.querySelector('.stage'),ratio=over.getAttribute('width')/over.getAttribute('height');
  stage.classList.toggle('one',left===right);
  stage.style.setProperty('--ratio',ratio);
  stage.style.width='min(100vw - 24px, (100dvh - 210px) * '+ratio+')';
  for(const step of [1,-1]){
    const near=pictures(visible[(at+step+visible.length)%visible.length]).get(right);
    if(near)new Image().src=near.src;
  }
}
grid.onclick=event=>{
  const button=event.target.closest('button[data-label]');
  if(!button)return;
  const card=button.closest('.card'),first=pictures(card).keys().next().value;
  if(button.dataset.label!==first)sides.right=button.dataset.label;
  show(visible.indexOf(card));setWipe(50);viewer.showModal();el('wipe').focus({preventScroll:true});
};
for(const side of ['left','right'])el(side).onchange=()=>{sides[side]=el(side).value;show(at)};
el('wipe').oninput=()=>setWipe(+el('wipe').value);
el('next').onclick=()=>show(at+1);
el('previous').onclick=()=>show(at-1);
el('close').onclick=()=>viewer.close();
viewer.onclose=()=>{const card=visible[at];if(card)card.scrollIntoView({block:'nearest'})};
addEventListener('keydown',event=>{
  if(!viewer.open||event.ctrlKey||event.metaKey||event.altKey||event.target.tagName==='SELECT')return;
  const act={ArrowRight:()=>show(at+1),ArrowLeft:()=>show(at-1),ArrowUp:()=>setWipe(+el('wipe').value+5),
    ArrowDown:()=>setWipe(+el('wipe').value-5),Escape:()=>viewer.close()}[event.key];
  if(act){event.preventDefault();act()}
});
"""
